"""Checks the signature of a DSSE envelope with Debian's python3-securesystemslib: envelope, then the key as hexadecimal digits."""

import base64
import json
import sys

from securesystemslib.signer import Signature, SSlibKey

envelope = json.load(open(sys.argv[1], encoding="utf-8"))
payload = base64.b64decode(envelope["payload"])
kind = envelope["payloadType"].encode("utf-8")
message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
[signature] = envelope["signatures"]
key = SSlibKey(signature["keyid"], "ed25519", "ed25519", {"public": sys.argv[2]})
key.verify_signature(Signature(signature["keyid"], base64.b64decode(signature["sig"]).hex()), message)
statement = json.loads(payload)
print(statement["_type"], statement["predicateType"])
