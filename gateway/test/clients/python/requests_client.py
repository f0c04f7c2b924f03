"""requests, unchanged but for the URL and its token."""

import requests

from checks import check, equal, raises, version
from web import BEARER, CA, EVENTS, MASKED, TOKEN, URL, denied

version(requests.__version__)


def session():
    made = requests.Session()
    made.verify = CA
    made.headers.update(BEARER)
    return made


@check("gets JSON with its masks, and refuses another CA")
def gets():
    equal(requests.get(f"{URL}/customers/1", headers=BEARER, verify=CA).json(), MASKED)
    raises(requests.exceptions.SSLError, lambda: requests.get(f"{URL}/customers/1", headers=BEARER))


@check("the token as the password of Basic")
def basic():
    equal(requests.get(f"{URL}/customers/1", auth=("agent", TOKEN), verify=CA).json(), MASKED)


@check("a session that keeps its connection: query, JSON, form, multipart, put")
def keeps():
    with session() as web:
        equal(web.get(f"{URL}/echo", params={"q": "a b", "page": 2}).json()["url"], "/echo?q=a%20b&page=2")
        equal(web.post(f"{URL}/echo", json={"amount": 5}).json()["body"], '{"amount": 5}')
        equal(web.post(f"{URL}/echo", data={"amount": 5}).json()["body"], "amount=5")
        equal(web.put(f"{URL}/echo", files={"file": ("a.txt", b"text")}).json()["type"].split(";")[0], "multipart/form-data")
        equal(web.get(f"{URL}/gzip").json(), MASKED)


@check("a denial that can be read, and the session goes on")
def denial():
    with session() as web:
        answer = web.delete(f"{URL}/customers/1")
        denied(answer.status_code, answer.headers["content-type"], answer.json())
        raises(requests.HTTPError, answer.raise_for_status)
        equal(web.get(f"{URL}/customers/1").json(), MASKED)


@check("streams: a large download, a large upload in chunks, events")
def streams():
    with session() as web:
        with web.get(f"{URL}/large", stream=True) as answer:
            equal(sum(len(chunk) for chunk in answer.iter_content(65536)), 32 * 1024 * 1024)
        chunks = (bytes(65536) for _ in range(256))
        equal(web.post(f"{URL}/count", data=chunks).json(), {"bytes": 16 * 1024 * 1024})
        with web.get(f"{URL}/events", stream=True) as answer:
            equal([line for line in answer.iter_lines(decode_unicode=True) if line], EVENTS)


@check("without a token: 401, and where to get one")
def challenge():
    answer = requests.get(f"{URL}/customers/1", verify=CA)
    equal((answer.status_code, "resource_metadata=" in answer.headers["www-authenticate"]), (401, True))
    where = answer.headers["www-authenticate"].split('resource_metadata="')[1].split('"')[0]
    equal(requests.get(where, verify=CA).json()["resource"], URL)
