"""Templates with their approvals, places, senders and the messaging service, as Twilio's own client asks for them."""

import time

import pytest
import requests
from conftest import ACCOUNT, FROM, SERVICE, TOKEN
from test_messages import TO, refused
from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

TEXT = {"twilio/text": {"body": "Hello {{1}}, all is well."}}


def made(client, name="made", types=TEXT, **more):
    wanted = {"friendly_name": name, "language": "en", "variables": {"1": "Ann"}, "types": types} | more
    return client.content.v1.contents.create(ContentList.ContentCreateRequest(wanted))


def changed(client, sid, **wanted):
    return client.content.v1.contents(sid).update(ContentList.ContentUpdateRequest(wanted))


def submitted(client, sid, name="made", category="UTILITY"):
    request = ApprovalCreateList.ContentApprovalRequest({"name": name, "category": category})
    return client.content.v1.contents(sid).approval_create.create(request)


def approval(client, sid):
    return client.content.v1.contents(sid).approval_fetch().fetch().whatsapp


def approvals(client, **more):
    return {c.friendly_name: c.approval_requests for c in client.content.v1.content_and_approvals.list(**more)}


def test_list_with_approvals(ideal):
    client = ideal.client()
    every = client.content.v1.content_and_approvals.list(page_size=4)
    assert [c.sid for c in every] == [c.sid for c in client.content.v1.contents.list()] and len(every) >= 9
    found = {c.friendly_name: c.approval_requests for c in every}
    assert found["welcome"]["status"] == "approved" and found["welcome"]["content_type"] == "twilio/text"
    assert found["lottery"]["status"] == "rejected" and found["lottery"]["rejection_reason"]
    assert (found["draft"]["status"], found["draft"]["name"]) == ("unsubmitted", "")
    assert all("type" not in one for one in found.values())
    page = client.content.v1.content_and_approvals.page(page_size=4)
    second = page.next_page()
    assert [c.sid for c in second] == [c.sid for c in every[4:8]] and second.previous_page() is not None
    assert len(client.content.v1.content_and_approvals.list(limit=3)) == 3


def test_a_template_is_made_changed_approved_and_deleted(ideal):
    client = ideal.client()
    content = made(client)
    assert content.variables == {"1": "Ann"} and content.types == TEXT
    assert approval(client, content.sid)["status"] == "unsubmitted"
    new = changed(client, content.sid, types={"twilio/text": {"body": "Good day {{1}}, all is well."}})
    assert (new.sid, new.friendly_name, new.language) == (content.sid, "made", "en")
    assert new.types["twilio/text"]["body"].startswith("Good day") and new.variables == {"1": "Ann"}
    assert changed(client, content.sid, friendly_name="other", language="de", types=TEXT).language == "de"
    asked = submitted(client, content.sid, "my_template")
    assert (asked.name, asked.category, asked.content_type, asked.status) == (
        "my_template", "UTILITY", "twilio/text", "received")
    assert approval(client, content.sid)["status"] == "approved"
    assert approvals(client)["other"]["name"] == "my_template"
    refused(92009, 400, changed, client, content.sid, types=TEXT)
    refused(92009, 400, submitted, client, content.sid)
    assert client.content.v1.contents(content.sid).delete()
    refused(20404, 404, client.content.v1.contents(content.sid).fetch)
    refused(20404, 404, changed, client, content.sid, types=TEXT)
    refused(20404, 404, submitted, client, content.sid)
    refused(20404, 404, client.content.v1.contents(content.sid).delete)
    refused(21655, 400, client.messages.create, to=TO, from_=FROM, content_sid=content.sid)


@pytest.mark.parametrize("name, verdict, code", [("to_reject", "rejected", 63040), ("pause_it", "paused", 63041)])
def test_a_review_can_end_badly(ideal, name, verdict, code):
    client = ideal.client()
    sid = made(client).sid
    submitted(client, sid, name, "MARKETING")
    assert approval(client, sid)["status"] == verdict
    message = client.messages.create(to=TO, from_=FROM, content_sid=sid).sid
    for _ in range(200):
        if client.messages(message).fetch().status == "failed":
            break
    assert client.messages(message).fetch().error_code == code


def test_a_review_takes_time(unkind):
    client = unkind.client()
    unkind.control("POST", "/settings", {"template_review_ms": 600})
    sid = made(client).sid
    submitted(client, sid)
    assert approval(client, sid)["status"] == "received"
    end = time.monotonic() + 10
    while approval(client, sid)["status"] == "received":
        assert time.monotonic() < end
        time.sleep(0.05)
    assert approval(client, sid)["status"] == "approved"


@pytest.mark.parametrize(
    "code, wanted",
    [
        (92001, {"types": {}}),
        (92003, {"language": None}),
        (92004, {"language": "English"}),
        (92007, {"variables": {"1": 5}}),
        (20422, {"types": {"twilio/text": {"body": "x" * 1601}}}),
        (20422, {"types": {"twilio/list-picker": {"body": "x", "button": "b", "items": []}}}),
    ],
)
def test_templates_that_are_refused(ideal, code, wanted):
    client = ideal.client()
    refused(code, 400, made, client, **wanted)


def test_an_unknown_type_and_a_wrong_wish(ideal):
    url = f"{ideal.base}/v1/Content"
    wanted = {"language": "en", "types": {"twilio/button": {"body": "x"}}}
    assert requests.post(url, json=wanted, auth=(ACCOUNT, TOKEN)).json()["code"] == 92008
    assert requests.post(url, data="[", auth=(ACCOUNT, TOKEN)).json()["code"] == 20422
    client = ideal.client()
    sid = made(client).sid
    refused(20422, 400, submitted, client, sid, "Not a name")
    refused(20422, 400, submitted, client, sid, "name", "TRANSACTIONAL")
    place = made(client, types={"twilio/location": {"latitude": 1.5, "longitude": 2.5}})
    refused(92008, 400, submitted, client, place.sid)
    assert requests.patch(f"{url}/{sid}", auth=(ACCOUNT, TOKEN)).json()["code"] == 20004


def test_contents_with_something_to_tap_are_sent(ideal):
    client = ideal.client()
    for types in (
        {"twilio/quick-reply": {"body": "Coffee?", "actions": [{"title": "Yes", "id": "y"}]}},
        {"twilio/list-picker": {"body": "Coffee?", "button": "Open", "items": [{"item": "One", "id": "1"}]}},
        {"twilio/call-to-action": {"body": "Coffee?", "actions": [{"type": "URL", "title": "Go", "url": "https://x.y"}]}},
    ):
        sid = made(client, types=types, variables={}).sid
        message = client.messages.create(to=TO, from_=FROM, content_sid=sid)
        assert client.messages(message.sid).fetch().body == "Coffee?"


def test_places(ideal):
    client = ideal.client()
    place = "geo:37.787890,-122.391664|375 Beale St"
    message = client.messages.create(to=TO, from_=FROM, body="Our office", persistent_action=[place])
    assert message.body == "Our office"
    assert ideal.control("GET", "/messages")["messages"][-1]["place"] == place
    for bad in ("375 Beale St", "geo:91,0", "geo:1"):
        refused(20422, 400, client.messages.create, to=TO, from_=FROM, body="x", persistent_action=[bad])
    refused(21619, 400, client.messages.create, to=TO, from_=FROM, persistent_action=[place])


def test_senders(ideal):
    client = ideal.client()
    [sender] = client.messaging.v2.channels_senders.list(channel="whatsapp")
    assert (sender.sender_id, sender.status) == ("whatsapp:+15005550006", "ONLINE") and sender.sid.startswith("XE")
    assert sender.properties["quality_rating"] == "HIGH"
    assert client.messaging.v2.channels_senders(sender.sid).fetch().sender_id == sender.sender_id
    assert client.messaging.v2.channels_senders.list(channel="rcs") == []
    refused(20404, 404, client.messaging.v2.channels_senders("XE" + "9" * 32).fetch)
    url = f"{ideal.base}/v2/Channels/Senders"
    assert requests.get(url, auth=(ACCOUNT, TOKEN)).json()["code"] == 20001
    assert requests.get(url).status_code == 401
    meta = requests.get(url + "?Channel=whatsapp", auth=(ACCOUNT, TOKEN)).json()["meta"]
    assert (meta["key"], meta["page_size"], meta["next_page_url"]) == ("senders", 20, None)
    # a sender in another state is told by a fault
    ideal.faults({"match": {"path_contains": "Senders"}, "fault": {"kind": "patch", "json": {
        "senders": [{"sender_id": "whatsapp:+15005550006", "status": "OFFLINE"}]}}})
    assert requests.get(url + "?Channel=whatsapp", auth=(ACCOUNT, TOKEN)).json()["senders"][0]["status"] == "OFFLINE"
    ideal.control("DELETE", "/faults")


def test_messaging_service_and_account(ideal):
    client = ideal.client()
    service = client.messaging.v1.services(SERVICE).fetch()
    assert (service.sid, service.account_sid, service.validity_period) == (SERVICE, ACCOUNT, 36000)
    refused(20404, 404, client.messaging.v1.services("MG" + "9" * 32).fetch)
    account = client.api.accounts(ACCOUNT).fetch()
    assert (account.sid, account.status, account.type) == (ACCOUNT, "active", "Full")
