import ssl

from matinee.clients.tls import authorities


def test_certificates_of_authorities_are_read_once_and_servers_verified_against_them():
    context = authorities()
    assert context is authorities()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.cert_store_stats()["x509_ca"] > 0
