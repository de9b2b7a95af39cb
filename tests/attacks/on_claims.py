"""Attacks on what the token says: who sends it, for where and for when.

By a client with a good key, which errs or lies.
"""

from dataclasses import replace

from tests.attacks.attack import PATH, Attack, because
from tests.attacks.forging import NULL, In, call, signed
from tests.attacks.victims import SHARED
from tests.signing import BASE, ISSUER, SERVICE

_DISCOVERY, _FEEDBACK = "/cds-services", f"{PATH}/feedback"


def _to_the_second(attacks: tuple[Attack, ...]) -> tuple[Attack, ...]:
    return tuple(replace(attack, to_the_second=True) for attack in attacks)


ISS = because(
    "iss is not a client's issuer",
    ("unknown issuer", "says that it is somebody whom nobody knows", call(signed(iss="https://evil.example"))),
    ("no issuer", "does not say who it is", call(signed(iss=None))),
    ("issuer a list", "is several at once", call(signed(iss=[ISSUER]))),
    ("issuer an object", "is an object", call(signed(iss={"iss": ISSUER}))),
    ("issuer with a slash", "writes an issuer with a slash behind", call(signed(iss=f"{ISSUER}/"))),
    ("capital letters", "writes an issuer in capital letters", call(signed(iss=ISSUER.upper()))),
    ("blank in front", "writes an issuer with a blank in front", call(signed(iss=f" {ISSUER}"))),
    ("name for issuer", "uses the name that the client has in the file", call(signed(iss="general"))),
    ("issuer as SQL", "asks a database for an issuer", call(signed(iss="' OR ''='"))),
    ("sub for iss", "names the client in another claim", call(signed(iss=None, sub=ISSUER, client_id=ISSUER))),
)
TENANT = because(
    "tenant is not one of the issuer's clients",
    ("unknown tenant", "is of a hospital that the issuer does not stand for", call(signed(iss=SHARED, tenant="x"))),
    ("no tenant", "does not say for which hospital", call(signed(iss=SHARED))),
    ("tenant a list", "is of several hospitals", call(signed(iss=SHARED, tenant=["s"]))),
    ("tenant a number", "is of a hospital by its number", call(signed(iss=SHARED, tenant=1))),
    ("tenant's letters", "spells a hospital otherwise", call(signed(iss=SHARED, tenant="N1"))),
    ("tenant empty", "is of a hospital without a name", call(signed(iss=SHARED, tenant=""))),
)
NO_AUD = because(
    "aud is missing",
    ("no aud", "does not say for where", call(signed(aud=None))),
    ("empty aud", "is for nowhere", call(signed(aud=""))),
    ("aud an empty list", "is for nowhere, in a list", call(signed(aud=[]))),
)
AUD_KIND = because(
    "aud is neither a text nor a list of texts",
    ("aud an object", "is for an object", call(signed(aud={SERVICE: 1}))),
    ("aud true", "is for everywhere", call(signed(aud=True))),
    ("aud with a number", "hides the right address behind a number", call(signed(aud=[5, SERVICE]))),
    ("aud nested", "hides the right address in an inner list", call(signed(aud=[[SERVICE]]))),
)
AUD = because(
    "aud is not this endpoint",
    (
        "another service",
        "uses a token for another service here",
        call(signed(aud=f"{BASE}/cds-services/b12-order-sign")),
    ),
    ("discovery's token", "uses a token for discovery at a service", call(signed(aud=f"{BASE}/cds-services"))),
    ("feedback's token", "uses a token for feedback at its service", call(signed(aud=f"{SERVICE}/feedback"))),
    ("service's token at discovery", "uses a token for a service at discovery", call(signed(), _DISCOVERY, "GET")),
    (
        "another's feedback",
        "gives feedback with another service's token",
        call(signed(aud=f"{BASE}/cds-services/b12-order-sign"), _FEEDBACK),
    ),
    (
        "discovery's at feedback",
        "gives feedback with a token for discovery",
        call(signed(aud=f"{BASE}/cds-services"), _FEEDBACK),
    ),
    ("host only", "is for the whole host", call(signed(aud=BASE))),
    ("begins right", "is for an address that begins like this", call(signed(aud=f"{SERVICE}x"))),
    ("ends right", "is for an address that ends like this", call(signed(aud=f"https://evil.example/?{SERVICE}"))),
    (
        "host in front",
        "has the host in front of another",
        call(signed(aud=SERVICE.replace(BASE, f"{BASE}.evil.example"))),
    ),
    (
        "host as user",
        "has the host as the user of another",
        call(signed(aud=SERVICE.replace(BASE, f"{BASE}@evil.example"))),
    ),
    ("aud with a slash", "has a slash that was not called", call(signed(aud=f"{SERVICE}/"))),
    (
        "capital host",
        "has the host in capital letters",
        call(signed(aud=SERVICE.replace("cds.example", "CDS.EXAMPLE"))),
    ),
    ("default port", "names the port that nobody names", call(signed(aud=SERVICE.replace(BASE, f"{BASE}:443")))),
    ("http", "is for the same address in the clear", call(signed(aud=SERVICE.replace("https", "http")))),
    ("query", "has a query behind", call(signed(aud=f"{SERVICE}?x=1"))),
    (
        "dots",
        "goes there by way of another path",
        call(signed(aud=f"{BASE}/cds-services/../cds-services/b12-order-select")),
    ),
    ("escaped", "has a letter as an escape", call(signed(aud=SERVICE.replace("b12-", "b12%2D")))),
    ("path only", "is for the path at any host", call(signed(aud=PATH))),
    ("many, none right", "is for many addresses", call(signed(aud=[f"{SERVICE}{number}" for number in range(100)]))),
    (
        "forged Host",
        "names in Host the host that it has a token for",
        call(signed(aud=f"https://evil.example{PATH}"), Host="evil.example"),
    ),
    (
        "forged loopback Host",
        "says that it called this machine from itself",
        call(signed(aud=f"http://127.0.0.1:8000{PATH}"), Host="127.0.0.1:8000"),
    ),
    (
        "forged X-Forwarded-Host",
        "says that a proxy was asked for another host",
        call(signed(aud=f"https://evil.example{PATH}"), X_Forwarded_Host="evil.example", X_Forwarded_Proto="https"),
    ),
    (
        "forged Forwarded",
        "says so in the newer header",
        call(signed(aud=f"https://evil.example{PATH}"), Forwarded="host=evil.example;proto=https"),
    ),
    (
        "forged prefix",
        "says that the service lives below a path",
        call(signed(aud=f"{BASE}/other{PATH}"), X_Forwarded_Prefix="/other"),
    ),
)
NO_TIME = because("exp is missing", ("no exp", "lives for ever", call(signed(exp=None))))
NO_IAT = because("iat is missing", ("no iat", "does not say when it was made", call(signed(iat=None))))
EXP = because(
    "exp is no number",
    ("exp a text", "gives the end as a text", call(signed(exp="99999999999"))),
    ("exp true", "gives the end as true", call(signed(exp=True))),
    ("exp a list", "gives several ends", call(signed(exp=[1]))),
    ("exp null", "gives no end by name", call(signed(exp=NULL))),
    ("exp of 400 digits", "gives an end that cannot be reckoned with", call(signed(exp=10**400, iat=In(0.5)))),
)
IAT = because(
    "iat is no number",
    ("iat a text", "gives the beginning as a text", call(signed(iat="0"))),
    ("iat of 400 digits", "gives a beginning that cannot be reckoned with", call(signed(iat=-(10**400)))),
)
NBF_KIND = because(
    "nbf is no number",
    ("nbf a text", "gives the first moment as a text", call(signed(nbf="0"))),
    ("nbf true", "gives the first moment as true", call(signed(nbf=True))),
    ("nbf an object", "gives the first moment as an object", call(signed(nbf={}))),
)
OVER = because(
    "exp is over",
    ("expired", "uses a token of last minute", call(signed(exp=In(-31), iat=In(-200)))),
    ("expired years ago", "uses the sample of the specification", call(signed(exp=1422568860, iat=1311280970))),
    ("before the epoch", "gives an end before all time", call(signed(exp=-1))),
)
OVER_TO_THE_SECOND = because(
    "exp is over",
    ("30 seconds over", "is late by exactly the leeway", call(signed(exp=In(-30), iat=In(-200)))),
)
FUTURE = because(
    "iat is in the future",
    ("from the future", "uses a token of the next minute", call(signed(iat=In(60)))),
    ("milliseconds", "counts in milliseconds", call(signed(iat=1.8e12, exp=1.8e12 + 300))),
    ("number without end", "gives times beyond all numbers", call(signed(iat=1e308, exp=1e308))),
)
FUTURE_TO_THE_SECOND = because(
    "iat is in the future",
    ("31 seconds early", "is early by a second more than the leeway", call(signed(iat=In(31)))),
    ("30.5 seconds early", "is early by half a second more", call(signed(iat=In(30.5)))),
)
NOT_YET = because(
    "nbf is in the future",
    ("not before a later time", "uses a token before its time", call(signed(nbf=In(90)))),
    ("never", "is for a time that never comes", call(signed(nbf=1e308))),
)
NOT_YET_TO_THE_SECOND = because(
    "nbf is in the future",
    ("31 seconds before", "is early by a second more than the leeway", call(signed(nbf=In(31)))),
)
LIFE = because(
    "exp is not within 300 seconds of iat",
    ("lives for 301 seconds", "lives a second longer than five minutes", call(signed(exp=In(301)))),
    ("lives for 300.5 seconds", "lives half a second longer", call(signed(exp=In(300.5)))),
    ("lives for a quarter", "lives for 15 minutes", call(signed(exp=In(900)))),
    ("lives for years", "lives for years, and is in the midst of it", call(signed(iat=In(-31e6), exp=In(31e6)))),
    ("made long ago", "has five minutes left of an hour", call(signed(iat=In(-3300)))),
    ("made before the epoch", "was made before all time", call(signed(iat=-1))),
    ("ends before it begins", "ends before it was made", call(signed(iat=In(20), exp=In(10)))),
    ("without end", "ends beyond all numbers", call(signed(exp=1e308))),
)
JTI = because(
    "jti is missing",
    ("no jti", "cannot be told from its own repeat", call(signed(jti=None))),
    ("empty jti", "is called nothing", call(signed(jti=""))),
    ("blank jti", "is called by blanks", call(signed(jti=" \t"))),
    ("jti a number", "is called by a number", call(signed(jti=5))),
    ("jti a list", "is called by several names", call(signed(jti=["a"]))),
)
ON_CLAIMS = (
    *(*ISS, *TENANT, *NO_AUD, *AUD_KIND, *AUD, *NO_TIME, *NO_IAT, *EXP, *IAT, *NBF_KIND, *OVER, *FUTURE, *NOT_YET),
    *(*LIFE, *JTI),
    *_to_the_second((*OVER_TO_THE_SECOND, *FUTURE_TO_THE_SECOND, *NOT_YET_TO_THE_SECOND)),
)
