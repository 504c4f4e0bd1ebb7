"""Meta's Cloud API with pywa: every kind of message, templates, media, numbers, profile, tokens, errors."""

import datetime
import hashlib
import io
import time

import pytest
from conftest import APP, APP_SECRET, META_TOKEN, NUMBER, TEST_NUMBER, WABA
from pywa import errors, types
from pywa.types import templates as t

TO = "+15551230001"
PICTURE = "https://example.com/a.jpg"


@pytest.fixture
def meta(ideal):
    return ideal.meta()


def last(simulator):
    return simulator.control("GET", "/meta/messages")["messages"][-1]


def url_button(text="Open"):
    return types.URLButton(title=text, url="https://example.com/")


KINDS = {
    "text": lambda m: m.send_message(TO, "hello https://example.com/", preview_url=True, tracker="order-42"),
    "text, a reply": lambda m: m.send_message(TO, "yes", reply_to_message_id="wamid.QUOTED"),
    "image": lambda m: m.send_image(TO, PICTURE, caption="look"),
    "video": lambda m: m.send_video(TO, "https://example.com/a.mp4", caption="look"),
    "document": lambda m: m.send_document(TO, "https://example.com/a.pdf", filename="a.pdf", caption="read"),
    "audio": lambda m: m.send_audio(TO, "https://example.com/a.mp3"),
    "voice": lambda m: m.send_voice(TO, "https://example.com/a.ogg"),
    "sticker": lambda m: m.send_sticker(TO, "https://example.com/a.webp"),
    "reaction": lambda m: m.send_reaction(TO, "👍", "wamid.QUOTED"),
    "reaction taken back": lambda m: m.remove_reaction(TO, "wamid.QUOTED"),
    "location": lambda m: m.send_location(TO, 52.52, 13.4, name="Berlin", address="Alexanderplatz"),
    "location request": lambda m: m.request_location(TO, "Where are you?"),
    "contact info request": lambda m: m.request_contact_info(TO, "Who are you?"),
    "contacts": lambda m: m.send_contact(
        TO,
        types.Contact(
            name=types.Contact.Name(formatted_name="Ann Lee", first_name="Ann"),
            phones=[types.Contact.Phone(phone="+15551230009", type="WORK")],
            emails=[types.Contact.Email(email="ann@example.com", type="WORK")],
            urls=[types.Contact.Url(url="https://example.com/", type="WORK")],
            addresses=[types.Contact.Address(street="Main Street 1", city="Berlin")],
            org=types.Contact.Org(company="Shop"),
            birthday="1990-02-28",
        ),
    ),
    "reply buttons": lambda m: m.send_message(
        TO, "Choose", header="Head", footer="Foot", buttons=[types.Button("Yes", "yes"), types.Button("No", "no")]
    ),
    "buttons under a picture": lambda m: m.send_image(
        TO, PICTURE, caption="Choose", buttons=[types.Button("Yes", "yes")]
    ),
    "list": lambda m: m.send_message(
        TO,
        "Choose",
        buttons=types.SectionList(
            "Menu",
            [
                types.Section("A", [types.SectionRow("One", "1", "the first")]),
                types.Section("B", [types.SectionRow("Two", "2")]),
            ],
        ),
    ),
    "url button": lambda m: m.send_message(TO, "Open it", buttons=url_button()),
    "flow": lambda m: m.send_message(
        TO,
        "Fill in",
        buttons=types.FlowButton(
            title="Start",
            flow_id="1234567890",
            flow_token="token",
            flow_action_type=types.FlowActionType.NAVIGATE,
            flow_action_screen="START",
            flow_action_payload={"a": 1},
        ),
    ),
    "catalog": lambda m: m.send_catalog(TO, "Our things", thumbnail_product_sku="sku"),
    "product": lambda m: m.send_product(TO, "1234567890", "sku", body="This one"),
    "products": lambda m: m.send_products(TO, "1234567890", [types.ProductsSection("A", ["s1", "s2"])], "Title", "Body"),
    "carousel": lambda m: m.send_carousel(
        TO,
        body="Look",
        cards=[types.ImageCarouselCard(image=PICTURE, body="x", buttons=url_button()) for _ in range(2)],
    ),
    "carousel with replies": lambda m: m.send_carousel(
        TO,
        body="Look",
        cards=[
            types.VideoCarouselCard(video="https://example.com/a.mp4", buttons=[types.Button("Yes", f"yes{n}")])
            for n in range(2)
        ],
    ),
    "a user without a number": lambda m: m.send_message("US.13491208655302741918", "hello"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_taken(ideal, meta, kind):
    sent = KINDS[kind](meta)
    assert sent.id.startswith("wamid.HBg")
    assert last(ideal)["sid"] == sent.id
    assert ideal.control("GET", "/stats")["taken"] == 1


def test_the_answer_and_the_log(ideal):
    body = {"messaging_product": "whatsapp", "to": "1 (555) 123-0001", "text": {"body": "hé"}, "biz_opaque_callback_data": "wa1:7.1"}
    answer = ideal.graph("POST", f"{NUMBER}/messages", json=body)
    told = answer.json()
    assert answer.status_code == 200 and told["contacts"] == [{"input": "1 (555) 123-0001", "wa_id": "15551230001"}]
    assert "message_status" not in told["messages"][0]
    assert answer.headers["x-fb-trace-id"] and answer.headers["facebook-api-version"] == "v25.0"
    message = ideal.control("GET", "/messages?to=%2B15551230001")["messages"][-1]
    assert (message["provider"], message["wa"], message["body"]) == ("meta", "wa1:7.1", "hé")
    record = ideal.logged()[-1]
    assert (record["wa"], record["json"]["text"], record["credentials"]) == ("wa1:7.1", {"body": "hé"}, "token")
    assert META_TOKEN not in ideal.log.read_text()


def test_special_answers(ideal):
    def send(to, **more):
        body = {"messaging_product": "whatsapp", "type": "text", "text": {"body": "x"}} | to | more
        return ideal.graph("POST", f"{NUMBER}/messages", json=body).json()

    template = {"type": "template", "template": {"name": "opening_hours", "language": {"code": "en_US"}}}
    assert send({"to": TO}, **template)["messages"][0]["message_status"] == "accepted"
    assert send({"to": "+12025550111"}, **template)["messages"][0]["message_status"] == "paused"
    assert send({"to": "+12025550112"}, **template)["messages"][0]["message_status"] == "held_for_quality_assessment"
    assert send({"to": "+12025550113"})["contacts"][0]["wa_id"] == "120295550113"
    contact = send({"recipient": "US.13491208655302741918"})["contacts"][0]
    assert contact == {"input": "US.13491208655302741918", "user_id": "US.13491208655302741918"}


class Later(datetime.datetime):
    """In an hour, in milliseconds."""

    def __new__(cls):
        return super().__new__(cls, 2030, 1, 1)

    def timestamp(self):
        return (time.time() + 3600) * 1000


def test_templates_are_sent(meta, ideal):
    language = t.TemplateLanguage.ENGLISH_US
    picture = t.HeaderImage.params(image=PICTURE)
    for name, params in {
        "welcome": [t.BodyText.params("Ann")],
        "order_update": [t.BodyText.params("Ann", "A-17")],
        "appointment": [t.BodyText.params(first_name="Ann", day="Monday")],
        "opening_hours": [],
        "price": [t.BodyText.params(
                t.Currency(fallback_value="$10", code="USD", amount_1000=10000), t.DateTime(fallback_value="Monday")
            )],
        "promo_picture": [
            picture,
            t.BodyText.params("Ann"),
            t.URLButton.params(url_variable="a/42", index=0),
            t.QuickReplyButton.params(callback_data="stop", index=1),
        ],
        "verify": [t.AuthenticationBody.params(otp="123456"), t.CopyCodeOTPButton.params(otp="123456")],
        "place": [
            t.HeaderLocation.params(lat=52.5, lon=13.4, name="Berlin", address="Alexanderplatz"),
            t.BodyText.params("Ann"),
        ],
        "offer": [
            # pywa gives seconds where milliseconds belong
            t.LimitedTimeOffer.params(expiration_time=Later()),
            t.BodyText.params("Ann"),
            t.CopyCodeButton.params(coupon_code="SAVE10", index=0),
        ],
    }.items():
        try:
            sent = meta.send_template(TO, name, language, params)
        except errors.WhatsAppError as error:
            pytest.fail(f"{name}: {error} {error.details}")
        assert sent.id, name
    assert ideal.control("GET", "/stats")["taken"] == 9


def test_a_gallery_of_cards(ideal):
    card = [
        {"type": "header", "parameters": [{"type": "image", "image": {"link": PICTURE}}]},
        {"type": "body", "parameters": [{"type": "text", "text": "x"}]},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "a"}]},
    ]
    components = [
        {"type": "body", "parameters": [{"type": "text", "text": "Ann"}]},
        {"type": "carousel", "cards": [{"card_index": n, "components": card} for n in range(2)]},
    ]
    template = {"name": "gallery", "language": {"code": "en_US"}, "components": components}
    body = {"messaging_product": "whatsapp", "to": TO, "type": "template", "template": template}
    assert ideal.graph("POST", f"{NUMBER}/messages", json=body).status_code == 200


def test_templates_are_made_listed_edited_and_deleted(meta, ideal):
    name = f"made_{time.time_ns()}"
    template = t.Template(
        name=name,
        language=t.TemplateLanguage.ENGLISH_US,
        category=t.TemplateCategory.UTILITY,
        parameter_format=t.ParamFormat.POSITIONAL,
        components=[t.BodyText("Hello {{1}}, bye.", "Ann"), t.FooterText(text="foot"), t.Buttons(buttons=[t.QuickReplyButton(text="Yes")])],
    )
    made = meta.create_template(template)
    assert made.status == t.TemplateStatus.PENDING
    with pytest.raises(errors.WhatsAppError) as caught:
        meta.create_template(template)
    assert caught.value.code == 100
    shown = meta.get_template(made.id)
    assert (shown.name, shown.status) == (name, t.TemplateStatus.APPROVED)
    assert [x.id for x in meta.get_templates(name=name)] == [made.id]
    assert meta.update_template(made.id, new_components=[t.BodyText("Good day {{1}}, bye.", "Ann")]).success
    assert meta.send_template(TO, name, t.TemplateLanguage.ENGLISH_US, [t.BodyText.params("Ann")]).id
    assert last(ideal)["body"] == "Good day Ann, bye."
    assert meta.delete_template(name)
    with pytest.raises(errors.WhatsAppError):
        meta.send_template(TO, name, t.TemplateLanguage.ENGLISH_US, [t.BodyText.params("Ann")])


def test_a_template_is_reviewed_after_a_moment(ideal):
    ideal.control("POST", "/settings", {"template_review_ms": 60000})
    def make(name):
        body = {"name": name, "language": "en_US", "category": "UTILITY", "components": [{"type": "BODY", "text": "Hello."}]}
        return ideal.graph("POST", f"{WABA}/message_templates", json=body).json()["id"]

    def status(id):
        return ideal.graph("GET", id, params={"fields": "status"}).json()["status"]

    made = make(f"slow_{time.time_ns()}")
    assert status(made) == "PENDING"
    ideal.control("POST", "/settings", {"template_review_ms": 0})
    assert status(make(f"reject_{time.time_ns()}")) == "REJECTED"
    assert status(make(f"pause_{time.time_ns()}")) == "PAUSED"


def test_pages_of_templates(ideal):
    seen, url = [], {"limit": 3, "fields": "name,language"}
    after = None
    while True:
        answer = ideal.graph("GET", f"{WABA}/message_templates", params=url | ({"after": after} if after else {})).json()
        seen += [(x["name"], x["language"]) for x in answer["data"]]
        after = answer["paging"]["cursors"]["after"]
        if "next" not in answer["paging"]:
            break
    assert len(seen) == len(set(seen)) >= 14 and ("welcome", "de") in seen
    assert ideal.graph("GET", f"{WABA}/message_templates", params={"after": "nonsense"}).json()["error"]["code"] == 100
    only = ideal.graph("GET", f"{WABA}/message_templates", params={"status": "PAUSED", "name": "paused"}).json()["data"]
    assert [x["name"] for x in only if x["name"] == "paused_one"] == ["paused_one"]


def test_a_template_is_paused_between_two_messages(ideal, meta):
    def send():
        return meta.send_template(TO, "order_update", t.TemplateLanguage.ENGLISH_US, [t.BodyText.params("Ann", "1")])

    send()
    one = {"name": "order_update", "language": "en_US"}
    ideal.control("POST", "/meta/templates", one | {"status": "PAUSED"})
    try:
        with pytest.raises(errors.TemplatePaused):
            send()
    finally:
        ideal.control("POST", "/meta/templates", one | {"status": "APPROVED"})
    send()


def test_media_up_and_down(ideal, meta):
    content = bytes(range(256)) * 1000
    media = meta.upload_media(content, mime_type="image/jpeg", filename="a.jpg")
    url = meta.get_media_url(media.id)
    assert (url.mime_type, int(url.file_size), url.sha256) == ("image/jpeg", len(content), hashlib.sha256(content).hexdigest())
    assert url.url.startswith(ideal.base)
    assert meta.get_media_bytes(url.url) == content
    assert meta.send_image(TO, media.id).id
    with pytest.raises(errors.WhatsAppError) as caught:
        ideal.meta(number=TEST_NUMBER).send_image(TO, media.id)
    assert caught.value.code == 131009
    wrong = ideal.graph("GET", media.id, params={"phone_number_id": TEST_NUMBER}).json()["error"]
    assert (wrong["code"], wrong["error_subcode"]) == (100, 33)
    record = next(r for r in ideal.logged() if r.get("files"))
    assert [f.get("sha256") for f in record["files"] if f["name"] == "file"] == [hashlib.sha256(content).hexdigest()]
    ideal.control("POST", "/meta/media", {"id": media.id, "expired": True})
    assert ideal.graph("GET", media.id).json()["error"]["error_subcode"] == 33
    ideal.control("POST", "/meta/media", {"id": media.id, "expired": False})
    assert meta.delete_media(media.id)
    assert ideal.graph("GET", media.id).status_code == 400
    assert ideal.graph("GET", url.url.split("/v25.0/")[-1].removeprefix(ideal.base + "/")).status_code == 404


def test_media_of_a_wrong_type_or_size_and_old_addresses(ideal, meta):
    for content, mime in [(b"x", "image/gif"), (b"x" * (5 * 1024 * 1024 + 1), "image/png"), (b"", "image/png")]:
        with pytest.raises(errors.MediaUploadError):
            meta.upload_media(content, mime_type=mime, filename="a")
    media = meta.upload_media(b"x", mime_type="audio/ogg; codecs=opus", filename="a.ogg")
    ideal.control("POST", "/settings", {"media_url_ms": 0})
    url = meta.get_media_url(media.id).url
    time.sleep(0.01)
    assert ideal.graph("GET", url.removeprefix(ideal.base + "/")).status_code == 404
    answer = ideal.graph("POST", f"{NUMBER}/media", files={"file": ("a.png", io.BytesIO(b"x"), "image/png")})
    assert answer.json()["error"]["code"] == 100


def test_read_and_typing(meta, ideal):
    assert meta.mark_message_as_read("wamid.IN")
    assert meta.indicate_typing("wamid.IN")
    assert ideal.control("GET", "/stats")["post_messages"] == 0
    with pytest.raises(errors.MissingRequiredParameter):
        meta.mark_message_as_read("")


def test_numbers(meta, ideal):
    number = meta.get_business_phone_number()
    assert (number.id, number.verified_name) == (NUMBER, "Simulated Shop")
    assert {n.id for n in meta.get_business_phone_numbers()} >= {NUMBER, TEST_NUMBER}
    added = meta.create_phone_number(country_calling_code="1", phone_number="6315551000", verified_name="New").id
    new = ideal.meta(number=added)
    with pytest.raises(errors.WhatsAppError) as caught:
        new.register_phone_number(pin="111111")
    assert caught.value.code == 133006
    with pytest.raises(errors.WhatsAppError) as caught:
        new.verify_phone_number("123456")
    assert caught.value.code == 136025
    new.request_verification_code(code_method="SMS", language_code="en")
    code = next(n for n in ideal.control("GET", "/meta/numbers")["numbers"] if n["id"] == added)["code"]
    with pytest.raises(errors.WhatsAppError):
        new.verify_phone_number("000000")
    new.verify_phone_number(code)
    with pytest.raises(errors.WhatsAppError) as caught:
        new.send_message(TO, "x")
    assert caught.value.code == 133010
    new.register_phone_number(pin="111111", data_localization_region="DE")
    assert new.send_message(TO, "x").id
    new.deregister_phone_number()
    assert "111111" not in ideal.log.read_text()


def test_pins(ideal):
    def register(pin):
        body = {"messaging_product": "whatsapp", "pin": pin}
        error = ideal.graph("POST", f"{NUMBER}/register", json=body).json().get("error", {})
        return error.get("code")

    assert register("12345") == 100 and register("654321") is None
    ideal.control("POST", "/settings", {"pin_pause_ms": 60000})
    assert [register("000000"), register("000000")] == [133005, 133009]
    assert ideal.graph("POST", NUMBER, json={"pin": "111111"}).json() == {"success": True}
    ideal.control("POST", "/settings", {"pin_pause_ms": 0, "register_limit": 0})
    assert [register("000000") for _ in range(6)] == [133005] * 5 + [133008]
    ideal.control("POST", "/reset")
    ideal.control("POST", "/settings", {"ideal": True})
    assert [register("654321") for _ in range(11)] == [None] * 10 + [133016]


def test_profile_and_its_picture(meta, ideal):
    assert meta.get_business_profile().about == "We answer from nine to five"
    assert meta.update_business_profile(about="Open", description="", websites=["https://example.com/"], industry=types.Industry.HOTEL)
    profile = meta.get_business_profile()
    assert (profile.about, list(profile.websites), profile.profile_picture_url) == ("Open", ["https://example.com/"], None)
    handle = upload(ideal, b"p" * 1000)
    body = {"messaging_product": "whatsapp", "profile_picture_handle": handle}
    assert ideal.graph("POST", f"{NUMBER}/whatsapp_business_profile", json=body).json() == {"success": True}
    assert meta.get_business_profile().profile_picture_url.startswith("https://pps.whatsapp.net/")
    wrong = ideal.graph("POST", f"{NUMBER}/whatsapp_business_profile", json=body | {"profile_picture_handle": "4:x"})
    assert wrong.json()["error"]["code"] == 100
    assert set(ideal.graph("GET", f"{NUMBER}/whatsapp_business_profile").json()["data"][0]) == {"messaging_product"}


def upload(simulator, content, app="app"):
    query = {"file_name": "a.jpg", "file_length": len(content), "file_type": "image/jpeg"}
    session = simulator.graph("POST", f"{app}/uploads", params=query).json()["id"]
    headers = {"Authorization": f"OAuth {META_TOKEN}", "file_offset": "0"}
    return simulator.graph("POST", session, headers=headers, content=content).json()["h"]


def test_an_upload_that_breaks_off_goes_on(ideal, meta):
    content = b"0123456789" * 100
    session = meta.api.create_upload_session(APP, "a.png", len(content), "image/png")["id"]
    rule = {"match": {"path_contains": "/upload:"}, "times": 1, "fault": {"kind": "cut_before", "after_body_bytes": 300}}
    ideal.faults(rule)
    with pytest.raises(Exception, match=".*"):
        meta.api.upload_file(session, content)
    assert meta.api.get_upload_session(session) == {"id": session, "file_offset": 300}
    with pytest.raises(errors.WhatsAppError):
        meta.api.upload_file(session, content)
    assert meta.api.upload_file(session, content[300:], file_offset=300)["h"].startswith("4:")
    assert ideal.graph("GET", session.split("?")[0] + "?sig=wrong").json()["error"]["error_subcode"] == 33


def test_the_account_and_the_token(ideal, meta):
    assert meta.get_business_account().name == "Simulated Business"
    assert ideal.graph("GET", "me").json()["id"] and ideal.graph("GET", "app").json()["id"] == APP
    told = ideal.graph("GET", "debug_token", params={"input_token": META_TOKEN}).json()["data"]
    assert (told["app_id"], told["type"], told["is_valid"], told["expires_at"]) == (APP, "SYSTEM_USER", True, 0)
    assert told["scopes"] == ["whatsapp_business_management", "whatsapp_business_messaging"]
    assert told["granular_scopes"][0]["target_ids"] == [WABA]
    short = ideal.graph("GET", "debug_token", token=f"{APP}|{APP_SECRET}", params={"input_token": META_TOKEN.replace("permanent", "temporary")})
    assert 0 < short.json()["data"]["expires_at"] - time.time() < 86400
    assert not ideal.graph("GET", "debug_token", params={"input_token": "EAAx"}).json()["data"]["is_valid"]
    assert META_TOKEN not in ideal.log.read_text()
    apps = ideal.graph("GET", f"{WABA}/subscribed_apps").json()["data"]
    assert apps[0]["whatsapp_business_api_data"]["id"] == APP
