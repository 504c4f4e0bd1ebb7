//! Recipients whom WhatsApp reported under an id of its own.

use super::*;
use crate::provider::test_server::answer;

/// Meta, which reports an id that is another number for one recipient.
fn meta_server() -> Server {
    Server::start(|mut stream, _, requests| {
        while let Some(text) = request(&mut stream) {
            let to = text.split_once("\"to\":\"+").and_then(|(_, rest)| rest.split_once('"'));
            let to = to.map(|(to, _)| to.to_owned()).unwrap_or_default();
            requests.lock().unwrap().push(to.clone());
            let wa_id = if to == "12025550113" { "120295550113" } else { &to };
            let body = json!({"messaging_product": "whatsapp", "contacts": [{"input": to, "wa_id": wa_id}],
                "messages": [{"id": format!("wamid.{}", Uuid::now_v7().simple())}]});
            let body = body.to_string();
            answer(&mut stream, &format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n{body}", body.len()));
        }
    })
}

fn meta_client(folder: &Path, port: u16) -> Arc<Client> {
    let settings = json!({
        "provider": "meta", "default_country": "US", "history": file(folder),
        "meta": {"access_token": "EAAcanary0000000000000000000000", "phone_number_id": "200000000000001",
            "business_account_id": "100000000000001", "base_url": format!("http://127.0.0.1:{port}")},
    });
    Client::configure(&settings.to_string()).unwrap()
}

#[test]
fn an_id_that_whatsapp_reported_is_that_person() {
    let folder = tempfile::tempdir().unwrap();
    let server = meta_server();
    let client = meta_client(folder.path(), server.port);
    let send = |to: &str| client.send(to, words(), SendOptions::default(), true).unwrap();
    // Before it was reported it is a mistyped American number, or none at all.
    assert_eq!(send("4791234567").status, Status::Recipient);
    assert_eq!(send("120295550113").status, Status::Recipient);
    assert_eq!(send("4795234567").status, Status::Ok);
    for number in ["+12025550113", "+4791234567", "+4795234567"] {
        let sent = send(number);
        let id = sent.outcome.recipient_id.unwrap_or_else(|| panic!("{number}: no id"));
        let again = send(&id);
        assert_eq!(again.status, Status::Ok, "{id}");
        assert_eq!(again.outcome.recipient, sent.outcome.recipient, "{id}");
    }
    // Written as in America it stays in America.
    assert_eq!(send("(479) 523-4567").outcome.recipient, "+14795234567");
    let sent_to = server.requests();
    let of = |digits: &str| sent_to.iter().filter(|to| *to == digits).count();
    assert_eq!((of("14795234567"), of("12025550113"), of("4791234567"), of("4795234567")), (2, 2, 2, 2));

    let found = |recipient: &str| {
        let query = json!({"recipient": recipient}).to_string();
        client.history(Some(&query)).map(|page| page.messages.len())
    };
    assert_eq!(found("120295550113").unwrap(), 2);
    assert_eq!(found("4795234567").unwrap(), 2);
    assert_eq!(found("479 523 4567").unwrap(), 2);
    let error = found("120295550114").unwrap_err();
    assert_eq!((error.status, error.argument.as_deref()), (Status::Argument, Some("query_json.recipient")));
    assert!(client.close(LONG));
}

/// A farm's other process knows it too: it is in the database.
#[test]
fn what_was_reported_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let server = meta_server();
    let first = meta_client(folder.path(), server.port);
    first.send("+12025550113", words(), SendOptions::default(), true).unwrap();
    assert!(first.close(LONG));
    let second = meta_client(folder.path(), server.port);
    let sent = second.send("120295550113", words(), SendOptions::default(), true).unwrap();
    assert_eq!((sent.status, sent.outcome.recipient.as_str()), (Status::Ok, "+12025550113"));
    assert!(second.close(LONG));
}
