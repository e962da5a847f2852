"""What others' tools say of our statements: securesystemslib, in-toto-attestation and sigstore.

others.py PUBLIC_KEY KEY_ID FILE...: for each file one line, `ok` or `refused` of each of them."""

import json
import sys

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.protobuf import json_format
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.predicates.vsa.v1 import vsa_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey
from sigstore import dsse
from sigstore_models.bundle.v1 import Bundle

PREDICATES = {
    "https://slsa.dev/verification_summary/v1": vsa_pb2.VerificationSummary,
    "https://in-toto.io/attestation/test-result/v0.1": test_result_pb2.TestResult,
}


def securesystemslib(text: str, pem: str, key_id: str) -> None:
    key = SSlibKey(key_id, "ecdsa", "ecdsa-sha2-nistp256", {"public": pem})
    Envelope.from_dict(json.loads(text)).verify([key], 1)


def sigstore(text: str, pem: str, _key_id: str) -> bytes:
    return dsse._verify(load_pem_public_key(pem.encode()), dsse.Envelope._from_json(text))


def in_toto(text: str, pem: str, key_id: str) -> None:
    payload = sigstore(text, pem, key_id)
    statement = statement_pb2.Statement()
    json_format.Parse(payload, statement)
    Statement.copy_from_pb(statement).validate()
    predicate = json_format.MessageToDict(statement.predicate)
    # The specification has a list here, and the package's message one text.
    predicate["verifiedLevels"] = " ".join(predicate.get("verifiedLevels", []))
    json_format.ParseDict(predicate, PREDICATES[statement.predicate_type](), ignore_unknown_fields=True)


def envelope(text: str) -> str:
    """The envelope of a bundle, if Sigstore's own model reads the bundle; else the text itself."""
    document = json.loads(text)
    if "mediaType" not in document:
        return text
    assert Bundle.from_json(text).dsse_envelope is not None
    return json.dumps(document["dsseEnvelope"])


def said(check, text: str, pem: str, key_id: str) -> str:
    try:
        check(envelope(text), pem, key_id)
        return "ok"
    except Exception as error:  # Whatever they say no with.
        print(f"{check.__name__}: {type(error).__name__}: {error}"[:200], file=sys.stderr)
        return "refused"


pem = open(sys.argv[1]).read()
for path in sys.argv[3:]:
    text = open(path, encoding="utf-8", errors="surrogateescape").read()
    print(" ".join(said(check, text, pem, sys.argv[2]) for check in (securesystemslib, in_toto, sigstore)))
