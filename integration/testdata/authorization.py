# An authorization server of Authlib: the code grant with PKCE, the device flow and
# metadata. Whoever visits its pages is signed in as anna@good.test and agrees.
# python3 authorization.py ADDRESS ISSUER PEM KEY
import sys
import time

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.jose import jwt
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant, DeviceCredentialDict
from flask import Flask, jsonify, request

ADDRESS, ISSUER, PEM, KEY = sys.argv[1:]
codes, devices = {}, {}


class Client(ClientMixin):
    def get_client_id(self): return "program-1"
    def get_default_redirect_uri(self): return None
    def get_allowed_scope(self, scope): return " ".join(s for s in (scope or "").split() if s in ("mail", "openid"))
    def check_redirect_uri(self, uri): return uri.startswith("http://127.0.0.1:")
    def check_endpoint_auth_method(self, method, endpoint): return method == "none"
    def check_response_type(self, kind): return kind == "code"
    def check_grant_type(self, kind): return True


class Anna:
    def get_user_id(self): return "anna@good.test"


class Code:
    def __init__(self, **fields): self.__dict__.update(fields)
    def get_redirect_uri(self): return self.redirect_uri
    def get_scope(self): return self.scope


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]

    def save_authorization_code(self, code, request):
        codes[code] = Code(
            code=code, redirect_uri=request.redirect_uri, scope=request.scope,
            code_challenge=request.data.get("code_challenge"),
            code_challenge_method=request.data.get("code_challenge_method"))

    def query_authorization_code(self, code, client): return codes.get(code)
    def delete_authorization_code(self, code): codes.pop(code.code, None)
    def authenticate_user(self, code): return Anna()


class Endpoint(DeviceAuthorizationEndpoint):
    CLIENT_AUTH_METHODS = ["none"]
    INTERVAL = 1

    def get_verification_uri(self): return ISSUER + "/activate"

    def save_device_credential(self, client_id, scope, data):
        devices[data["device_code"]] = dict(
            data, client_id=client_id, scope=scope, expires_at=int(time.time()) + data["expires_in"], agreed=False)


class DeviceGrant(DeviceCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]

    def query_device_credential(self, code):
        return DeviceCredentialDict(devices[code]) if code in devices else None

    def query_user_grant(self, user_code):
        agreed = any(d["user_code"] == user_code and d["agreed"] for d in devices.values())
        return (Anna(), True) if agreed else None

    def should_slow_down(self, credential): return False


def access_token(client, grant_type, user, scope):
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": user.get_user_id(), "scope": scope, "iat": now, "exp": now + 600}
    return jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, KEY).decode()


app = Flask(__name__)
server = AuthorizationServer(
    app, query_client=lambda name: Client() if name == "program-1" else None, save_token=lambda token, request: None)
server.register_token_generator("default", BearerTokenGenerator(access_token, lambda *a, **k: "refresh", lambda *a: 600))
server.register_grant(CodeGrant, [CodeChallenge(required=True)])
server.register_grant(DeviceGrant)
server.register_endpoint(Endpoint)


@app.route("/.well-known/oauth-authorization-server")
def metadata():
    return jsonify(
        issuer=ISSUER, authorization_endpoint=ISSUER + "/authorize", token_endpoint=ISSUER + "/token",
        device_authorization_endpoint=ISSUER + "/device", response_types_supported=["code"],
        scopes_supported=["openid", "mail"], code_challenge_methods_supported=["S256"])


@app.route("/authorize")
def authorize(): return server.create_authorization_response(grant_user=Anna())


@app.route("/token", methods=["POST"])
def token(): return server.create_token_response()


@app.route("/device", methods=["POST"])
def device(): return server.create_endpoint_response(Endpoint.ENDPOINT_NAME)


@app.route("/activate")
def activate():
    for waiting in devices.values():
        if waiting["user_code"] == request.args.get("user_code"):
            waiting["agreed"] = True
            return "thank you"
    return "no such code", 404


app.run(ADDRESS, 443, ssl_context=(PEM, PEM))
