/* A disk that fails: preloaded, it counts what a process does to the files below DISK_UNDER, and fails the call of
 * number DISK_FAIL_AT with the error DISK_ERROR, and every later one where DISK_FOR_EVER is set. With DISK_TRACE it
 * writes down every change, so that a power cut can be played after any of them. What is mapped into memory is not
 * seen: SQLite's shared memory, which it makes anew. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *names[FDS]; /* paths of open files that are ours */
static char own[FDS];
static long count;
static int trace = -1;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int is_ours(const char *path, char *whole) {
    const char *under = setting("DISK_UNDER");
    if (!under || !path) return 0;
    if (path[0] == '/') {
        snprintf(whole, PATH_MAX, "%s", path);
    } else {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here)) return 0;
        snprintf(whole, PATH_MAX, "%.2000s/%.2000s", here, path);
    }
    return strncmp(whole, under, strlen(under)) == 0 && !strstr(whole, "-shm");
}

/* Counts a call; whether it is to fail. */
static int fails(void) {
    const char *at = setting("DISK_FAIL_AT");
    int answer = 0;
    pthread_mutex_lock(&lock);
    count++;
    if (at) {
        long number = atol(at);
        answer = count == number || (count > number && setting("DISK_FOR_EVER"));
    }
    pthread_mutex_unlock(&lock);
    if (answer) {
        const char *error = setting("DISK_ERROR");
        errno = error ? atoi(error) : EIO;
    }
    return answer;
}

static void all(int fd, const void *bytes, size_t length) {
    const char *next = bytes;
    while (length > 0) {
        ssize_t done = REAL(write)(fd, next, length);
        if (done <= 0) abort();
        next += done;
        length -= (size_t)done;
    }
}

/* kind, path, number, other path or bytes: each with its length before it */
static void note(char kind, const char *path, uint64_t number, const void *bytes, size_t length) {
    const char *to = setting("DISK_TRACE");
    if (!to) return;
    pthread_mutex_lock(&lock);
    if (trace < 0) trace = REAL(open)(to, O_WRONLY | O_CREAT | O_APPEND, 0600);
    uint64_t head[3] = {strlen(path), number, length};
    all(trace, &kind, 1);
    all(trace, head, sizeof head);
    all(trace, path, head[0]);
    all(trace, bytes, length);
    pthread_mutex_unlock(&lock);
}

__attribute__((destructor)) static void tell(void) {
    const char *to = setting("DISK_COUNT");
    if (!to) return;
    int fd = REAL(open)(to, O_WRONLY | O_CREAT | O_APPEND, 0600);
    char text[32];
    int length = snprintf(text, sizeof text, "%ld\n", count);
    if (fd >= 0) all(fd, text, (size_t)length);
}

static void opened(int fd, const char *whole) {
    if (fd < 0 || fd >= FDS) return;
    pthread_mutex_lock(&lock);
    free(names[fd]);
    names[fd] = strdup(whole);
    own[fd] = 1;
    pthread_mutex_unlock(&lock);
}

static int is_own(int fd) { return fd >= 0 && fd < FDS && own[fd]; }

static int any_open(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    char whole[PATH_MAX];
    int ours = is_ours(path, whole);
    int makes = flags & (O_CREAT | O_TRUNC);
    if (ours && makes) {
        struct stat known;
        int is_new = stat(path, &known) != 0;
        if (fails()) return -1;
        int fd = real(path, flags, mode);
        if (fd >= 0 && is_new) note('c', whole, 0, "", 0);
        else if (fd >= 0 && (flags & O_TRUNC)) note('t', whole, 0, "", 0);
        opened(fd, whole);
        return fd;
    }
    int fd = real(path, flags, mode);
    if (ours) opened(fd, whole);
    return fd;
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return any_open(REAL(open), path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return any_open(REAL(open64), path, flags, mode);
}

int close(int fd) {
    if (is_own(fd)) own[fd] = 0;
    return REAL(close)(fd);
}

static off_t end_of(int fd) {
    struct stat known;
    return fstat(fd, &known) == 0 ? known.st_size : 0;
}

static off_t place(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags & O_APPEND ? end_of(fd) : lseek(fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    if (!is_own(fd)) return REAL(write)(fd, bytes, length);
    if (fails()) return -1;
    off_t at = place(fd);
    ssize_t done = REAL(write)(fd, bytes, length);
    if (done > 0) note('w', names[fd], (uint64_t)at, bytes, (size_t)done);
    return done;
}

static int read_fails(int fd) { return is_own(fd) && setting("DISK_READS") && fails(); }

ssize_t read(int fd, void *bytes, size_t length) { return read_fails(fd) ? -1 : REAL(read)(fd, bytes, length); }

ssize_t pread(int fd, void *bytes, size_t length, off_t at) { return read_fails(fd) ? -1 : REAL(pread)(fd, bytes, length, at); }

ssize_t pread64(int fd, void *bytes, size_t length, off_t at) { return read_fails(fd) ? -1 : REAL(pread)(fd, bytes, length, at); }

static ssize_t any_pwrite(ssize_t (*real)(int, const void *, size_t, off_t), int fd, const void *bytes, size_t length, off_t at) {
    if (!is_own(fd)) return real(fd, bytes, length, at);
    if (fails()) return -1;
    ssize_t done = real(fd, bytes, length, at);
    if (done > 0) note('w', names[fd], (uint64_t)at, bytes, (size_t)done);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return any_pwrite(REAL(pwrite), fd, bytes, length, at); }

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) { return any_pwrite(REAL(pwrite), fd, bytes, length, at); }

ssize_t writev(int fd, const struct iovec *parts, int n) {
    if (!is_own(fd)) return REAL(writev)(fd, parts, n);
    return n > 0 ? write(fd, parts[0].iov_base, parts[0].iov_len) : 0;
}

static int any_truncate(int (*real)(int, off_t), int fd, off_t length) {
    if (!is_own(fd)) return real(fd, length);
    if (fails()) return -1;
    int done = real(fd, length);
    if (done == 0) note('t', names[fd], (uint64_t)length, "", 0);
    return done;
}

int ftruncate(int fd, off_t length) { return any_truncate(REAL(ftruncate), fd, length); }

int ftruncate64(int fd, off_t length) { return any_truncate(REAL(ftruncate), fd, length); }

static int any_sync(int (*real)(int), int fd) {
    if (!is_own(fd)) return real(fd);
    if (fails()) return -1;
    note('s', names[fd], 0, "", 0);
    return 0; /* the trace knows; the real disk need not wait */
}

int fsync(int fd) { return any_sync(REAL(fsync), fd); }

int fdatasync(int fd) { return any_sync(REAL(fdatasync), fd); }

int rename(const char *from, const char *to) {
    char one[PATH_MAX], other[PATH_MAX];
    if (!is_ours(from, one) || !is_ours(to, other)) return REAL(rename)(from, to);
    if (fails()) return -1;
    int done = REAL(rename)(from, to);
    if (done == 0) note('r', one, 0, other, strlen(other));
    return done;
}

int unlink(const char *path) {
    char whole[PATH_MAX];
    if (!is_ours(path, whole)) return REAL(unlink)(path);
    if (fails()) return -1;
    int done = REAL(unlink)(path);
    if (done == 0) note('u', whole, 0, "", 0);
    return done;
}
