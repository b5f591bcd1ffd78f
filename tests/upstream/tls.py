"""A certificate for this machine alone, made on the spot."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

COMMAND = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
SUBJECT = "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1"


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 and its key into ``folder``; return the two paths."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = [*COMMAND.split(), *SUBJECT.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return what a server needs to speak TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
