"""nginx with the configuration of the documentation, on free ports and with a certificate of its own."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.doc_blocks import DOCS, ROOT, blocks

PAGE = DOCS / "how-to" / "nginx.md"
CONTAINER_FILE = ROOT / "deploy" / "nginx.conf"
MISSING = "nginx or openssl is not installed (apt-get install nginx openssl)"
_OWN_LINE = (1, 25, 1)  # from this version on HTTP/2 is a directive of its own, and the older form warns
_START_SECONDS, _STOP_SECONDS = 10, 10
_MAIN = """
daemon off; pid FOLDER/nginx.pid; error_log stderr warn; worker_processes 1;
events {}
http {
    access_log off;
    client_body_temp_path FOLDER/body; proxy_temp_path FOLDER/proxy;
    fastcgi_temp_path FOLDER/fastcgi; uwsgi_temp_path FOLDER/uwsgi; scgi_temp_path FOLDER/scgi;
    include FOLDER/ranker.conf;
}
"""


@dataclass(frozen=True, slots=True)
class Nginx:
    """A configuration that can be run.

    Parameters
    ----------
    plain, secure : its addresses over http and https.
    trust : accepts its certificate.
    """

    command: list[str]
    plain: str
    secure: str
    trust: ssl.SSLContext


def is_installed() -> bool:
    """Whether nginx can be run here."""
    return shutil.which("nginx") is not None and shutil.which("openssl") is not None


def shown_configuration() -> str:
    """The configuration that the page shows."""
    block = next(block for block in blocks(PAGE) if block.language == "nginx")
    return block.text


def prepared(configuration: str, folder: Path, *, service: str) -> Nginx:
    """A configuration with ports, certificate and service (host:port) of this machine, in a folder."""
    plain, secure = _free_port(), _free_port()
    certificate, key = _made_certificate(folder)
    for pattern, found in (
        (r"listen 80;", f"listen 127.0.0.1:{plain};"),
        (r"listen 443 ssl http2;", _listening(secure)),
        (r"server (?:127\.0\.0\.1|ranker):8710;", f"server {service};"),
        (r"/etc/nginx/certificates/fullchain\.pem", str(certificate)),
        (r"/etc/nginx/certificates/privkey\.pem", str(key)),
    ):
        configuration, count = re.subn(pattern, found, configuration)
        assert count == 1, f"{pattern} stands {count} times in the configuration"
    (folder / "ranker.conf").write_text(configuration, "utf-8")
    (folder / "nginx.conf").write_text(_MAIN.replace("FOLDER", str(folder)), "utf-8")
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    trust = ssl.create_default_context(cafile=str(certificate))
    return Nginx(command, f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}", trust)


def _listening(port: int) -> str:
    """How nginx is told to speak HTTP/2 over TLS, as the page has it for its version."""
    told = subprocess.run(["nginx", "-v"], check=True, capture_output=True, text=True).stderr
    version = tuple(int(part) for part in re.findall(r"\d+", told)[:3])
    return f"listen 127.0.0.1:{port} ssl; http2 on;" if version >= _OWN_LINE else f"listen 127.0.0.1:{port} ssl http2;"


@contextlib.contextmanager
def running(nginx: Nginx) -> Iterator[None]:
    """nginx at work, until this ends."""
    with subprocess.Popen(nginx.command, stderr=subprocess.PIPE, text=True) as process:
        try:
            _wait_until_listening(int(nginx.secure.rpartition(":")[2]), process)
            yield
        finally:
            process.terminate()
            process.communicate(timeout=_STOP_SECONDS)


def _wait_until_listening(port: int, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("nginx does not listen")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _made_certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
    asked = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=desk.example.org"]
    files = ["-keyout", str(key), "-out", str(certificate), "-addext", "subjectAltName=IP:127.0.0.1,DNS:desk.example.org"]
    subprocess.run(["openssl", "req", "-x509", *asked, *files], check=True, capture_output=True)
    return certificate, key
