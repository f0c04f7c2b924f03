"""httpx, unchanged but for the URL and its token: with HTTP/1.1 and HTTP/2, waiting and not."""

import asyncio
import ssl

import httpx

from checks import check, equal, version
from web import BEARER, CA, EVENTS, MASKED, TOKEN, URL, denied

version(httpx.__version__)
TRUST = ssl.create_default_context(cafile=CA)


def client(http2=False, **options):
    return httpx.Client(verify=TRUST, headers=BEARER, http2=http2, **options)


for http2, name in ((False, "HTTP/1.1"), (True, "HTTP/2")):

    @check(f"{name}: JSON with its masks, a denial, and going on")
    def gets():
        with client(http2) as web:
            answer = web.get(f"{URL}/customers/1")
            equal((answer.json(), answer.http_version), (MASKED, name))
            refused = web.delete(f"{URL}/customers/{2 if http2 else 3}")
            denied(refused.status_code, refused.headers["content-type"], refused.json())
            equal(web.get(f"{URL}/gzip").json(), MASKED)

    @check(f"{name}: streams: a large download, a large upload, events")
    def streams():
        with client(http2) as web:
            with web.stream("GET", f"{URL}/large") as answer:
                equal(sum(len(chunk) for chunk in answer.iter_raw()), 32 * 1024 * 1024)
            chunks = (bytes(65536) for _ in range(256))
            equal(web.post(f"{URL}/count", content=chunks).json(), {"bytes": 16 * 1024 * 1024})
            with web.stream("GET", f"{URL}/events") as answer:
                equal([line for line in answer.iter_lines() if line], EVENTS)

    @check(f"{name}: fifty requests at once")
    def many():
        async def all_of_them():
            async with httpx.AsyncClient(verify=TRUST, headers=BEARER, http2=http2) as web:
                answers = await asyncio.gather(*(web.get(f"{URL}/echo", params={"n": n}) for n in range(50)))
                equal([answer.json()["url"] for answer in answers], [f"/echo?n={n}" for n in range(50)])

        asyncio.run(all_of_them())


@check("a base URL, and the token as the password of Basic")
def basic():
    with httpx.Client(base_url=URL, verify=TRUST, auth=("agent", TOKEN)) as web:
        equal(web.get("/customers/1").json(), MASKED)
