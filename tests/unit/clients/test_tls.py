import ssl

from matinee.clients.airflow.transport import AirflowTransport
from matinee.clients.api.transport import Transport
from matinee.clients.mlflow_http import MlflowHttp
from matinee.clients.mlflow_rest import MlflowReader
from matinee.clients.tls import authorities

URL = "http://127.0.0.1:1"


def test_servers_are_verified_against_the_certificates_of_authorities():
    context = authorities()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.cert_store_stats()["x509_ca"] > 0


def test_certificates_are_read_once_whatever_is_asked(monkeypatch):
    read, context = [], ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(ssl, "create_default_context", lambda *_, **__: read.append(1) or context)
    authorities.cache_clear()
    try:
        MlflowHttp(URL)
        MlflowReader(URL, timeout_s=1)
        AirflowTransport(URL, timeout_s=1, absence_s=1)
        Transport(URL, timeout_s=1)
    finally:
        authorities.cache_clear()
    assert read == [1]
