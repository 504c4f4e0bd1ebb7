"""Messages, as Twilio's own client makes, lists, fetches and changes them."""

import datetime
import time

import pytest
import requests
from conftest import ACCOUNT, FROM, KEY, SECRET, SERVICE, TOKEN
from twilio.base.exceptions import TwilioRestException

TO = "whatsapp:+15551230001"


def refused(code, http_status, call, *args, **fields):
    with pytest.raises(TwilioRestException) as caught:
        call(*args, **fields)
    assert (caught.value.code, caught.value.status) == (code, http_status)
    return caught.value


def test_text(ideal):
    client = ideal.client()
    message = client.messages.create(to=TO, from_=FROM, body="héllo + & = 👍")
    assert message.sid.startswith("SM") and len(message.sid) == 34
    assert (message.status, message.body, message.direction) == ("queued", "héllo + & = 👍", "outbound-api")
    assert (message.to, message.from_, message.account_sid) == (TO, FROM, ACCOUNT)
    assert (message.num_media, message.num_segments, message.error_code, message.price) == ("0", "1", None, None)
    assert isinstance(message.date_created, datetime.datetime)
    assert message.subresource_uris["media"].endswith(f"/{message.sid}/Media.json")
    headers = client.http_client.last_headers
    assert headers["Twilio-Request-Id"].startswith("RQ") and float(headers["Twilio-Request-Duration"]) >= 0
    assert int(headers["Twilio-Concurrent-Requests"]) == 1 and headers["Date"].endswith("GMT")


def test_media_and_service(ideal):
    client = ideal.client()
    message = client.messages.create(to=TO, from_=FROM, media_url=["https://example.com/a.jpg"])
    assert message.sid.startswith("MM") and message.num_media == "1"
    message = client.messages.create(to=TO, messaging_service_sid=SERVICE, body="x")
    assert (message.status, message.from_, message.messaging_service_sid) == ("accepted", None, SERVICE)


def test_content(ideal):
    message = ideal.client().messages.create(
        to=TO, from_=FROM, content_sid="HX00000000000000000000000000000001", content_variables='{"1":"Bea"}'
    )
    assert message.body == ""
    assert ideal.client().messages(message.sid).fetch().body == "Hello Bea, welcome aboard!"


def test_api_key(ideal):
    client = ideal.client(KEY, SECRET, ACCOUNT)
    assert client.messages.create(to=TO, from_=FROM, body="x").account_sid == ACCOUNT
    assert client.api.accounts(ACCOUNT).fetch().status == "active"
    assert ideal.logged()[-1]["credentials"] == "api_key"


def test_credentials(ideal):
    create = ideal.client(ACCOUNT, "wrong").messages.create
    refused(20003, 401, create, to=TO, from_=FROM, body="x")
    refused(20003, 401, ideal.client(KEY, "wrong", ACCOUNT).messages.create, to=TO, from_=FROM, body="x")
    other = "AC" + "9" * 32
    refused(20404, 404, ideal.client(KEY, SECRET, other).messages.create, to=TO, from_=FROM, body="x")
    refused(20404, 404, ideal.client().api.accounts(other).fetch)
    assert requests.get(f"{ideal.base}/2010-04-01/Accounts/{ACCOUNT}.json").status_code == 401
    assert ideal.control("GET", "/stats")["taken"] == 0


@pytest.mark.parametrize(
    "code, fields",
    [
        (21603, {"from_": None}),
        (21619, {"body": None}),
        (21602, {"body": ""}),
        (21617, {"body": "x" * 1601}),
        (21211, {"to": "whatsapp:+12"}),
        (63007, {"from_": "whatsapp:+15550000000"}),
        (21620, {"media_url": ["nonsense"]}),
        (21623, {"media_url": ["https://example.com/a.jpg"] * 11}),
        (21654, {"body": None, "content_variables": '{"1":"a"}'}),
        (21655, {"body": None, "content_sid": "HX" + "f" * 32}),
        (21656, {"body": None, "content_sid": "HX" + "1".zfill(32), "content_variables": '{"1":null}'}),
        (35127, {"content_sid": "HX" + "1".zfill(32), "content_variables": '{"1":"a"}'}),
        (21609, {"status_callback": "not a url"}),
        (21609, {"status_callback": "http://under_score.example.com/"}),
        (21624, {"validity_period": 36001}),
        (21910, {"to": "+15551230001"}),
        (63031, {"to": FROM}),
    ],
)
def test_refusals(ideal, code, fields):
    fields = {"to": TO, "from_": FROM, "body": "x"} | fields
    fields = {name: value for name, value in fields.items() if value is not None}
    error = refused(code, 400, ideal.client().messages.create, **fields)
    assert error.msg and error.uri.endswith("/Messages.json")
    assert ideal.control("GET", "/messages")["count"] == 0


def test_missing_to_and_wrong_content_type(ideal):
    url = f"{ideal.base}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    for sent in ({"data": {"From": FROM, "Body": "x"}}, {"json": {"To": TO, "From": FROM, "Body": "x"}}):
        answer = requests.post(url, auth=(ACCOUNT, TOKEN), **sent)
        body = answer.json()
        assert answer.status_code == 400 and set(body) == {"code", "message", "more_info", "status"}
        assert (body["code"], body["status"]) == (21604, 400)
        assert body["more_info"] == "https://www.twilio.com/docs/errors/21604"
    assert requests.get(url.removesuffix(".json"), auth=(ACCOUNT, TOKEN)).json()["code"] == 20404


def test_list_pages(ideal):
    client = ideal.client()
    sids = [client.messages.create(to=TO, from_=FROM, body=str(n)).sid for n in range(7)]
    client.messages.create(to="whatsapp:+15551230002", from_=FROM, body="other")
    assert [m.sid for m in client.messages.list(to=TO, page_size=3)] == sids[::-1]
    assert len(client.messages.list(page_size=3)) == 8
    assert len(client.messages.list(limit=5, page_size=2)) == 5
    assert client.messages.list(to="whatsapp:+15559999999") == []
    assert len(client.messages.list(from_=FROM)) == 8 and client.messages.list(from_="whatsapp:+15005550006") == []
    page = client.messages.page(to=TO, page_size=3)
    second = page.next_page()
    assert [m.body for m in second] == ["3", "2", "1"]
    assert [m.body for m in second.previous_page()] == ["6", "5", "4"]
    assert [m.body for m in second.next_page()] == ["0"] and second.next_page().next_page() is None


def test_list_by_date(ideal):
    client = ideal.client()
    client.messages.create(to=TO, from_=FROM, body="x")
    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)
    assert len(client.messages.list(date_sent_after=now - hour)) == 1
    assert len(client.messages.list(date_sent_before=now + hour, date_sent_after=now - hour)) == 1
    assert client.messages.list(date_sent_after=now + hour) == []
    assert len(client.messages.list(date_sent=now.date())) == 1


def test_fetch_redact_delete_cancel(ideal):
    client = ideal.client()
    sid = client.messages.create(to=TO, from_=FROM, body="secret").sid
    assert client.messages(sid).fetch().body == "secret"
    assert client.messages(sid).update(body="").body == ""
    assert client.messages(sid).fetch().body == ""
    refused(30409, 400, client.messages(sid).update, status="canceled")
    assert client.messages(sid).delete()
    refused(20404, 404, client.messages(sid).fetch)
    refused(20404, 404, client.messages("SM" + "0" * 32).fetch)
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    message = client.messages.create(
        to=TO, messaging_service_sid=SERVICE, body="x", schedule_type="fixed", send_at=later
    )
    assert message.status == "scheduled"
    assert client.messages(message.sid).update(status="canceled").status == "canceled"


def test_status_goes_on(ideal):
    client = ideal.client()
    sid = client.messages.create(to=TO, from_=FROM, body="x").sid
    seen = []
    for _ in range(200):
        status = client.messages(sid).fetch().status
        if not seen or seen[-1] != status:
            seen.append(status)
        if status == "read":
            break
    assert seen[-1] == "read" and seen == [s for s in ["queued", "sent", "delivered", "read"] if s in seen]


def test_contents(ideal):
    client = ideal.client()
    names = [c.friendly_name for c in client.content.v1.contents.list(page_size=4)]
    assert names[:4] == ["welcome", "order_update", "appointment", "opening_hours"] and len(names) >= 9
    content = client.content.v1.contents("HX00000000000000000000000000000003").fetch()
    assert content.variables == {"first_name": "Ann", "day": "Monday"}
    assert "twilio/text" in content.types and content.language == "en"
    approval = client.content.v1.contents("HX00000000000000000000000000000005").approval_fetch().fetch()
    assert approval.whatsapp["status"] == "paused"
    refused(20404, 404, client.content.v1.contents("HX" + "e" * 32).fetch)
    added = ideal.control("POST", "/templates", {"friendly_name": "new", "body": "Hi {{1}}", "variables": {"1": "Ann"}})
    assert client.content.v1.contents(added["sid"]).fetch().friendly_name == "new"
    message = client.messages.create(to=TO, from_=FROM, content_sid=added["sid"])
    assert client.messages(message.sid).fetch().body == "Hi Ann"


def test_paused_template_fails_later(ideal):
    client = ideal.client()
    sid = client.messages.create(to=TO, from_=FROM, content_sid="HX00000000000000000000000000000005").sid
    for _ in range(200):
        message = client.messages(sid).fetch()
        if message.status == "failed":
            break
    assert (message.status, message.error_code) == ("failed", 63041)


def test_unkind_by_default(unkind):
    client = unkind.client()
    unkind.control("POST", "/settings", {"list_lag_max_ms": 60000, "status_step_max_ms": 60000, "body_lag_max_ms": 60000})
    sids = [client.messages.create(to=TO, from_=FROM, content_sid="HX" + "4".zfill(32)).sid for _ in range(10)]
    assert len(client.messages.list(to=TO)) < 10
    fetched = [client.messages(sid).fetch() for sid in sids]
    assert any(m.body == "" for m in fetched) and any(m.date_sent is None for m in fetched)
    assert all(not hasattr(m, "content_sid") for m in fetched)
    unkind.control("POST", "/settings", {"ideal": False})
    assert unkind.control("GET", "/settings")["list_lag_max_ms"] == 30000


def test_lists_lag_and_then_show(unkind):
    client = unkind.client()
    unkind.control("POST", "/settings", {"list_lag_max_ms": 1500})
    for _ in range(20):
        client.messages.create(to=TO, from_=FROM, body="x")
    first = len(client.messages.list(to=TO))
    assert first < 20 and unkind.control("GET", "/messages")["count"] == 20
    time.sleep(1.6)
    assert len(client.messages.list(to=TO)) == 20
