"""An identity provider that speaks SAML's ECP profile, made of pysaml2 (which signs with xmlsec1).

usage: ecp_idp.py FOLDER   FOLDER/sp.xml is the service provider's metadata. Writes its own to
FOLDER/idp.xml, prints the URL clients ask, and answers there until its input ends. It knows the
user 'anna', password 'secret'.
"""
import base64
import http.server
import pathlib
import re
import subprocess
import sys
import threading
import xml.etree.ElementTree as xml

from saml2 import BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_UNSPECIFIED, NameID
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

folder = pathlib.Path(sys.argv[1])
key, cert = folder / "idp-key.pem", folder / "idp-cert.pem"
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=idp",
     "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
config = IdPConfig().load({
    "entityid": "https://idp.example.org/ecp",
    "key_file": str(key), "cert_file": str(cert),
    "service": {"idp": {
        "endpoints": {"single_sign_on_service": [
            ("https://idp.example.org/sso", BINDING_HTTP_REDIRECT)]},
        "policy": {"default": {
            "lifetime": {"minutes": 5}, "attribute_restrictions": None,
            "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}},
    }},
    "metadata": {"local": [str(folder / "sp.xml")]},
    "xmlsec_binary": "/usr/bin/xmlsec1",
})
(folder / "idp.xml").write_text(str(entity_descriptor(config)))
server = Server(config=config)
SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = xml.fromstring(self.rfile.read(int(self.headers["Content-Length"])))
        known = "Basic " + base64.b64encode(b"anna:secret").decode()
        if self.headers.get("Authorization") != known:
            self.send_response(401)
            self.end_headers()
            return
        request = next(asked.iter(SAMLP + "AuthnRequest"))
        acs = request.get("AssertionConsumerServiceURL")
        said = str(server.create_authn_response(
            {"mail": ["anna@example.org"]}, in_response_to=request.get("ID"), destination=acs,
            sp_entity_id=request.find(SAML + "Issuer").text,
            name_id=NameID(format=NAMEID_FORMAT_UNSPECIFIED, text="anna"),
            sign_assertion=True, sign_response=False,
            sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256))
        said = re.sub(r"^<\?xml[^>]*\?>\s*", "", said)
        out = (
            '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Header>'
            '<ecp:Response xmlns:ecp="urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp"'
            ' S:mustUnderstand="1" S:actor="http://schemas.xmlsoap.org/soap/actor/next"'
            f' AssertionConsumerServiceURL="{acs}"/></S:Header><S:Body>{said}</S:Body></S:Envelope>'
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)


web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{web.server_port}/ecp", flush=True)
threading.Thread(target=web.serve_forever, daemon=True).start()
sys.stdin.read()
