//! A provider that does as it is told, and keeps what it took.

use crate::message::age::millis;
use crate::message::clock::{Millis, uptime};
use crate::message::phone::addresses;
use crate::message::{Class, Content, Error, ProviderName, Recipient, Result, State, Status};
use crate::provider::action::{Done, Order};
use crate::provider::window::{Place, Window};
use crate::provider::{
    Answer, Attempt, Candidate, Exchange, Look, LostAttempt, PairLimit, Prepared, Provider, Refusal, Request,
};
use crate::settings::NewLogin;
use crate::threads;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::watch;

/// What happens to an attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// Taken, and said so.
    Take,
    /// Refused for now.
    Busy,
    /// Refused for a limit that is soon over.
    Limit,
    /// Refused for now, and to be tried again a minute later.
    Later,
    /// Refused for good.
    Refuse,
    /// Taken, and the answer is lost.
    Lose,
    /// Not taken, and nobody says so.
    Drop,
    /// Taken; the answer comes when the gate opens.
    HoldTaken,
    /// Refused for now; the answer comes when the gate opens.
    HoldBusy,
    /// Refused for good; the answer comes when the gate opens.
    HoldRefused,
    /// Its time was over before it could leave.
    HoldBack,
    /// Never answered, not taken.
    Hang,
    /// A fault of the library.
    Panic,
}

/// An attempt that reached the provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    pub key: String,
    pub recipient: String,
    pub text: String,
}

/// A moment of the provider.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Moment {
    /// An attempt arrives.
    Arrival,
    /// Its answer is lost, or given.
    Answer,
    /// It is asked for its list the so-manieth time.
    Look(usize),
}

#[derive(Default)]
struct Inner {
    actions: Vec<(Moment, Box<dyn FnOnce() + Send>)>,
    steps: HashMap<String, VecDeque<Step>>,
    sent: Vec<Sent>,
    taken: HashMap<String, Vec<Candidate>>,
    hidden: bool,
    list_fails: bool,
    list_panics: bool,
    no_list: bool,
    looks: usize,
    looking: usize,
    most_looking: usize,
    pair: Option<PairLimit>,
}

impl Inner {
    fn list(&mut self, lost: &LostAttempt) -> Result<Look, Refusal> {
        assert!(!std::mem::take(&mut self.list_panics), "a panic at a look");
        if self.list_fails {
            return Err(refusal(Class::Temporary, Status::Temporary, true));
        }
        let window = Window::of(&lost.age, Some(Fake::clock()));
        let mut candidates = Vec::new();
        // Whichever form of a number it was sent to.
        let of_person = addresses(&lost.recipient);
        let taken = of_person.iter().filter_map(|address| self.taken.get(address)).flatten();
        for found in taken.filter(|_| !self.hidden) {
            match window.place(found.created) {
                Place::TooOld => {}
                place => candidates.push(Candidate { doubtful: place == Place::Doubtful, ..found.clone() }),
            }
        }
        Ok(Look { candidates, clocks_agree: window.clocks_agree() })
    }
}

pub struct Fake {
    inner: Mutex<Inner>,
    gate: watch::Sender<bool>,
}

impl Fake {
    pub fn new() -> Fake {
        Fake { inner: Mutex::default(), gate: watch::Sender::new(false) }
    }

    /// The provider's own clock, which nobody here sets.
    pub fn clock() -> Millis {
        Millis(1_700_000_000_000 + millis(uptime()))
    }

    /// What is done when the provider gets to that moment.
    pub fn at(&self, moment: Moment, action: impl FnOnce() + Send + 'static) {
        self.lock().actions.push((moment, Box::new(action)));
    }

    fn reach(&self, moment: Moment) {
        let action = {
            let mut inner = self.lock();
            let place = inner.actions.iter().position(|(at, _)| *at == moment);
            place.map(|place| inner.actions.remove(place).1)
        };
        if let Some(action) = action {
            action();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        threads::lock(&self.inner)
    }

    /// The attempts to a number meet these, one after the other; then all are taken.
    pub fn script(&self, to: &str, steps: &[Step]) {
        self.lock().steps.insert(format!("whatsapp:{to}"), steps.iter().copied().collect());
    }

    /// Every attempt that reached the provider.
    pub fn sent(&self) -> Vec<Sent> {
        self.lock().sent.clone()
    }

    /// As if nothing had been sent.
    pub fn forget(&self) {
        self.lock().sent.clear();
    }

    pub fn sent_to(&self, to: &str) -> usize {
        let to = format!("whatsapp:{to}");
        self.lock().sent.iter().filter(|sent| sent.recipient == to).count()
    }

    /// How many messages to a number were taken.
    pub fn taken(&self, to: &str) -> usize {
        self.lock().taken.get(&format!("whatsapp:{to}")).map_or(0, Vec::len)
    }

    /// The list shows nothing, as a list that lags.
    pub fn hide(&self, hidden: bool) {
        self.lock().hidden = hidden;
    }

    /// The next question for the list is a fault of the library.
    pub fn panic_at_the_next_look(&self) {
        self.lock().list_panics = true;
    }

    pub fn fail_list(&self, fails: bool) {
        self.lock().list_fails = fails;
    }

    /// A provider that lists nothing, as Meta.
    pub fn has_no_list(&self) {
        self.lock().no_list = true;
    }

    /// Messages of one sender to one recipient are limited, as with Meta.
    pub fn limit_pairs(&self, pair: PairLimit) {
        self.lock().pair = Some(pair);
    }

    /// How many asked for the list at the same time.
    pub fn most_looking(&self) -> usize {
        self.lock().most_looking
    }

    pub fn looks(&self) -> usize {
        self.lock().looks
    }

    /// A message in the list that somebody else sent.
    pub fn plant(&self, to: &str, sid: &str, body: &str) {
        let planted = Candidate {
            provider_message_id: sid.into(),
            created: Some(Fake::clock()),
            doubtful: false,
            body: body.into(),
            state: State::Accepted,
            code: None,
        };
        self.lock().taken.entry(format!("whatsapp:{to}")).or_default().push(planted);
    }

    pub fn open_gate(&self) {
        self.gate.send_replace(true);
    }

    fn take(&self, attempt: &Attempt) -> String {
        let sid = format!("SM{}", uuid::Uuid::new_v4().simple());
        let body = text_of(attempt);
        let taken = Candidate {
            provider_message_id: sid.clone(),
            created: Some(Fake::clock()),
            doubtful: false,
            body,
            state: State::Accepted,
            code: None,
        };
        self.lock().taken.entry(attempt.recipient.clone()).or_default().push(taken);
        sid
    }
}

fn text_of(attempt: &Attempt) -> String {
    attempt.prepared.request.form().unwrap().iter().map(|(_, value)| value.as_str()).collect()
}

fn busy() -> Answer {
    Answer::Refused(refusal(Class::Temporary, Status::Temporary, true))
}

fn refused_for(class: Class, wait: Duration) -> Answer {
    Answer::Refused(Refusal { retry_after: Some(wait), ..refusal(class, Status::Temporary, true) })
}

pub fn refusal(class: Class, status: Status, retry: bool) -> Refusal {
    Refusal { class, retry, error: Error::new(status, "The provider says no."), retry_after: None }
}

fn accepted(provider_message_id: String) -> Answer {
    Answer::Accepted { provider_message_id, recipient_id: None, provider_status: None }
}

impl Provider for Fake {
    fn name(&self) -> ProviderName {
        ProviderName::Twilio
    }
    fn account_key(&self) -> &str {
        super::bed::ACCOUNT
    }
    fn sender(&self, _argument: &str, _wanted: Option<&str>) -> Result<Option<String>> {
        Ok(Some("whatsapp:+14155238886".into()))
    }
    fn recipient(&self, argument: &str, recipient: &Recipient) -> Result<String> {
        let e164 = recipient.phone(argument, "fake")?.e164();
        Ok(format!("whatsapp:{e164}"))
    }
    fn check(&self, _content: &Content) -> Result<()> {
        Ok(())
    }
    fn prepared(&self, content: &Content) -> Option<Prepared> {
        Some(Prepared {
            request: Request::Form(vec![("Body", content.as_text())]),
            text: Some(content.as_text()),
        })
    }
    fn prepare<'a>(
        &'a self,
        content: &'a Content,
        _sender: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Prepared, Refusal>> {
        let prepared = self.prepared(content);
        async move { prepared.ok_or_else(|| refusal(Class::Template, Status::Template, false)) }.boxed()
    }

    fn send<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Exchange> {
        async move {
            self.reach(Moment::Arrival);
            let step = {
                let mut inner = self.lock();
                let sent =
                    Sent { key: attempt.key(), recipient: attempt.recipient.clone(), text: text_of(attempt) };
                let steps = inner.steps.get_mut(&attempt.recipient);
                let step = match uptime() > attempt.leaves_before {
                    // As the HTTP client does.
                    true => Step::HoldBack,
                    false => steps.and_then(VecDeque::pop_front).unwrap_or(Step::Take),
                };
                if step != Step::HoldBack {
                    inner.sent.push(sent);
                }
                step
            };
            let held = async || {
                let _ = self.gate.subscribe().wait_for(|open| *open).await;
            };
            let answer = match step {
                Step::Take => accepted(self.take(attempt)),
                Step::Busy => busy(),
                Step::Limit => refused_for(Class::Limit, Duration::from_millis(20)),
                Step::Later => refused_for(Class::Temporary, Duration::from_secs(60)),
                Step::Refuse => Answer::Refused(refusal(Class::Recipient, Status::Recipient, false)),
                Step::Lose => {
                    self.take(attempt);
                    Answer::Unknown { why: "the connection was cut".into() }
                }
                Step::Drop => Answer::Unknown { why: "the connection was cut".into() },
                Step::HoldTaken => {
                    let provider_message_id = self.take(attempt);
                    held().await;
                    accepted(provider_message_id)
                }
                Step::HoldBusy => {
                    held().await;
                    busy()
                }
                Step::HoldRefused => {
                    held().await;
                    Answer::Refused(refusal(Class::Recipient, Status::Recipient, false))
                }
                Step::HoldBack => Answer::HeldBack,
                Step::Hang => std::future::pending().await,
                Step::Panic => panic!("a fault"),
            };
            self.reach(Moment::Answer);
            Exchange::unanswered(answer, Duration::from_millis(1))
        }
        .boxed()
    }

    fn pair_limit(&self) -> Option<PairLimit> {
        self.lock().pair
    }

    fn can_look(&self) -> bool {
        !self.lock().no_list
    }

    fn act<'a>(&'a self, _order: &'a Order) -> BoxFuture<'a, Result<Done>> {
        async move { Ok(Done::SUCCESS) }.boxed()
    }

    fn replace_login(&self, _login: &NewLogin) -> Result<()> {
        Ok(())
    }

    /// As Twilio's list is read: what is surely older than the attempt was of
    /// another one.
    fn look_for<'a>(&'a self, lost: &'a LostAttempt) -> BoxFuture<'a, Result<Look, Refusal>> {
        async move {
            let looks = {
                let mut inner = self.lock();
                inner.looks += 1;
                inner.looking += 1;
                inner.most_looking = inner.most_looking.max(inner.looking);
                inner.looks
            };
            self.reach(Moment::Look(looks));
            // The list as it is when it is asked for, not when the answer comes.
            let answer = self.lock().list(lost);
            tokio::time::sleep(Duration::from_millis(2)).await;
            self.lock().looking -= 1;
            answer
        }
        .boxed()
    }
}
