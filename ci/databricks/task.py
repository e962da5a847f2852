"""One task of the release job: evaluate (run and gate), approve (gate, approvals too), promote (gate
again, then set the alias). Anything but 0 from groundgate ends the task, and with it the promotion."""

import subprocess
import sys

HOLD = 12


def groundgate(volume: str, *arguments: str) -> int:
    """The exit code of groundgate, run in the Volume."""
    return subprocess.run([f"{volume}/groundgate", "-C", volume, *arguments], check=False).returncode


def set_alias(model_name: str, model_version: str) -> None:
    """`champion` becomes this version; what it was stays `previous_champion`, for a rollback."""
    from databricks.sdk import WorkspaceClient

    models = WorkspaceClient().registered_models
    before = [alias for alias in models.get(model_name, include_aliases=True).aliases or [] if alias.alias_name == "champion"]
    for alias in before:
        models.set_alias(model_name, "previous_champion", alias.version_num)
    models.set_alias(model_name, "champion", int(model_version))


def main(step: str, volume: str, policy_digest: str, model_name: str, model_version: str) -> int:
    gate = ["gate", "latest", "--env", "prod", "--policy-digest", policy_digest]
    if step == "evaluate":
        code = groundgate(volume, "run", "--copilot", "candidate")
        code = code or groundgate(volume, *gate)
        # Approvals are still open here: every measured rule has passed.
        return 0 if code == HOLD else code
    if step == "approve":
        return groundgate(volume, *gate)
    if step == "promote":
        code = groundgate(volume, *gate)
        if code == 0:
            set_alias(model_name, model_version)
        return code
    print(f"unknown step {step}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
