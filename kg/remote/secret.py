"""Answers a server that asks for a password, by Basic (RFC 7617) or Digest (RFC 7616) authentication."""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.request import parse_http_list, parse_keqv_list

_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
"""The algorithms of Digest; MD5 is what stores still ask for."""

_SCHEME = re.compile(r"(?:^|,)\s*(Basic|Digest)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Credentials:
    """A user and the password, which no message and no representation shows."""

    user: str
    password: str = field(repr=False)


@dataclass
class Challenge:
    """What a server wants to be answered; ``uses`` counts the answers, as Digest demands."""

    scheme: str
    parameters: Mapping[str, str]
    uses: int = 0

    def answer(self, credentials: Credentials, method: str, target: str) -> str:
        """The value of the Authorization header for a request to ``target``, the path with its parameters."""
        self.uses += 1
        if self.scheme == "basic":
            value = "Basic " + b64encode(f"{credentials.user}:{credentials.password}".encode()).decode("ascii")
        else:
            value = self._digest(credentials, method, target, secrets.token_hex(8))
        return value.encode().decode("latin-1")  # http.client writes headers in Latin-1: so UTF-8 passes as it is

    def _digest(self, credentials: Credentials, method: str, target: str, own_nonce: str) -> str:
        realm, nonce = self.parameters.get("realm", ""), self.parameters.get("nonce", "")
        algorithm = self.parameters.get("algorithm", "MD5")

        def digest(*parts: str) -> str:
            return _HASHES[algorithm.upper()](":".join(parts).encode()).hexdigest()

        user = re.sub(r'(["\\])', r"\\\1", credentials.user)
        fields = [f'username="{user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{target}"']
        fields += [f"algorithm={algorithm}"] if "algorithm" in self.parameters else []
        fields += [f'opaque="{self.parameters["opaque"]}"'] if "opaque" in self.parameters else []
        secret = digest(credentials.user, realm, credentials.password)
        middle = [nonce]
        if "qop" in self.parameters:
            count = f"{self.uses:08x}"
            middle += [count, own_nonce, "auth"]
            fields += ["qop=auth", f"nc={count}", f'cnonce="{own_nonce}"']
        response = digest(secret, *middle, digest(method, target))
        return "Digest " + ", ".join([*fields, f'response="{response}"'])


def strongest(headers: Sequence[str]) -> Challenge | None:
    """The challenge to answer among those of the WWW-Authenticate headers: Digest before Basic.

    None where there is none that can be answered.
    """
    found: dict[str, Challenge] = {}
    for header in headers:
        pieces = _SCHEME.split(header)[1:]
        for scheme, rest in zip(map(str.lower, pieces[::2]), pieces[1::2], strict=True):
            parameters = parse_keqv_list([item for item in parse_http_list(rest) if "=" in item])
            if scheme == "basic" or _can_answer(parameters):
                found.setdefault(scheme, Challenge(scheme, parameters))
    return found.get("digest") or found.get("basic")


def _can_answer(parameters: Mapping[str, str]) -> bool:
    """Whether a Digest challenge has an algorithm and a quality that is known here."""
    qualities = [quality.strip() for quality in parameters.get("qop", "auth").split(",")]
    return parameters.get("algorithm", "MD5").upper() in _HASHES and "auth" in qualities
