"""The other side of SAML, by pysaml2 (which signs and verifies with xmlsec1).

read FOLDER       FOLDER/response.xml is an assertion for FOLDER/acs, of who is in
                  FOLDER/idp.xml: verifies it and prints its attributes as JSON.
make FOLDER       FOLDER/sp.xml is a service provider: makes an identity provider, writes its
                  metadata to FOLDER/made-idp.xml and an answer to FOLDER/request for 'anna' to
                  FOLDER/made-response.xml; encrypted to FOLDER/sp-key.pem when that is there.
"""
import base64
import datetime
import json
import pathlib
import subprocess
import sys

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.client import Saml2Client
from saml2.config import IdPConfig, SPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_UNSPECIFIED, NameID
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

folder = pathlib.Path(sys.argv[2])


def read():
    acs = (folder / "acs").read_text()
    config = SPConfig().load({
        "entityid": "https://sp.example.org/sp",
        "service": {"sp": {
            "endpoints": {"assertion_consumer_service": [(acs, BINDING_HTTP_POST)]},
            "allow_unsolicited": True,
            "want_assertions_signed": True,
            "want_response_signed": False,
        }},
        "allow_unknown_attributes": True,
        "metadata": {"local": [str(folder / "idp.xml")]},
        "xmlsec_binary": "/usr/bin/xmlsec1",
    })
    text = (folder / "response.xml").read_bytes()
    said = Saml2Client(config).parse_authn_request_response(
        base64.b64encode(text).decode(), BINDING_HTTP_POST)
    print(json.dumps({"name": said.name_id.text, "issuer": said.issuer(), "values": said.ava}))


def make():
    key, cert = folder / "made-key.pem", folder / "made-cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
         "-subj", "/CN=idp", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True)
    config = IdPConfig().load({
        "entityid": "https://pysaml2.example.org/idp",
        "key_file": str(key), "cert_file": str(cert),
        "service": {"idp": {
            "endpoints": {"single_sign_on_service": [
                ("https://pysaml2.example.org/sso", BINDING_HTTP_REDIRECT)]},
            "policy": {"default": {
                "lifetime": {"minutes": 5}, "attribute_restrictions": None,
                "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}},
        }},
        "metadata": {"local": [str(folder / "sp.xml")]},
        "xmlsec_binary": "/usr/bin/xmlsec1",
    })
    (folder / "made-idp.xml").write_text(str(entity_descriptor(config)))
    request, acs, sp = (folder / "request").read_text().split()
    options = {}
    if (folder / "sp-cert.pem").exists():
        options = {
            "encrypt_assertion": True,
            "encrypt_cert_assertion": (folder / "sp-cert.pem").read_text(),
        }
    made = Server(config=config).create_authn_response(
        {"mail": ["anna@example.org"], "eduPersonEntitlement": ["staff", "a;b"]},
        in_response_to=request, destination=acs, sp_entity_id=sp,
        name_id=NameID(format=NAMEID_FORMAT_UNSPECIFIED, text="anna"),
        sign_assertion=True, sign_response="sign" in sys.argv,
        sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256, **options)
    (folder / "made-response.xml").write_text(str(made))


{"read": read, "make": make}[sys.argv[1]]()
