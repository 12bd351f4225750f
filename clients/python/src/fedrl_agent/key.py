"""The key of an agent, and the proof that it has it."""

import stat
import struct
from ipaddress import IPv6Address
from pathlib import Path
from socket import inet_aton, inet_ntoa
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fedrl_agent.errors import InputError

_DOMAIN = b"fedrl proof 1"
_PORTS = {"ws": 80, "wss": 443}


def read_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key, PKCS#8 in PEM. Raises InputError where it is none, or others may read it."""
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError(
            f"{path}: others may read this key (mode {stat.S_IMODE(mode):o}): chmod 600 {path}, and let the server's owner "
            "replace it if they may have"
        )
    try:
        key = load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(f"{path}: expected a private key as PKCS#8 in PEM, without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"{path}: expected an Ed25519 key, got {type(key).__name__}")
    return key


def proof_bytes(session: str, name: str, server: str, nonce: bytes) -> bytes:
    """Give what a Proof signs."""
    parts = [_DOMAIN, session.encode(), name.encode(), server.encode(), nonce]
    return b"".join(struct.pack("<I", len(part)) + part for part in parts)


def server_name(url: str) -> str:
    """Give what the server of this address is expected to be called: scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{_canonical(parts.hostname or '')}:{parts.port or _PORTS[parts.scheme]}"


def _canonical(host: str) -> str:
    """Write a host the one way that docs/protocol.md knows, that of the URL Standard."""
    try:
        if host.isascii() and host.replace(".", "").isdecimal():
            return inet_ntoa(inet_aton(host))
        if ":" not in host:
            return host if host.isascii() else host.encode("idna").decode()
        address = IPv6Address(host)
    except (OSError, ValueError) as error:
        raise InputError(f"expected the name or the address of a host, got {host}") from error
    if address.ipv4_mapped is None:
        return f"[{address.compressed}]"
    # versions of Python differ in how they write these
    high, low = divmod(int(address.ipv4_mapped), 1 << 16)
    return f"[::ffff:{high:x}:{low:x}]"
