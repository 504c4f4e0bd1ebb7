/// \file
/// The C++ layer over wa_connector.h: a client that closes itself, strings that free themselves, callbacks of any
/// kind. Header only; C++11 or later; needs nothing but the library.
///
/// Calls give a `wa::result` and do not throw: what is not OK is often no failure (PENDING means "do not send it
/// again"), and a host without exceptions can use all of it. Who wants exceptions adds `.or_throw()`.
///
///     wa::client client;
///     client.configure(settings_json).or_throw();
///     wa::result sent = client.send("+12025550199", "Hello");
///     std::puts(sent ? sent.json() : sent.error().c_str());
///
/// What each call does is said in wa_connector.h.
#ifndef WA_CONNECTOR_HPP
#define WA_CONNECTOR_HPP

#include "wa_connector.h"
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace wa {

/// Frees a string that the library gave away.
struct string_free {
    /// Null is fine.
    void operator()(char *text) const noexcept { wa_string_free(text); }
};

/// A string of the library that is yours.
using string = std::unique_ptr<char, string_free>;
/// A duration.
using milliseconds = std::chrono::milliseconds;

/// Text that goes in: UTF-8, up to its first NUL; null where the C function takes null. It is copied by the call.
class text {
public:
    /// No text.
    text(std::nullptr_t) noexcept : at_(nullptr) {}
    /// A string that ends with NUL.
    text(const char *value) noexcept : at_(value) {}
    /// A string.
    text(const std::string &value) noexcept : at_(value.c_str()) {}
    /// As C wants it.
    const char *get() const noexcept { return at_; }

private:
    const char *at_;
};

/// What `result::or_throw` throws.
class error : public std::runtime_error {
public:
    /// An error of a status, with its JSON.
    error(wa_status status, const std::string &json)
        : std::runtime_error(std::string(wa_status_text(status)) + ": " + json), status_(status), json_(json) {}
    /// The status.
    wa_status status() const noexcept { return status_; }
    /// The error as JSON: `{"status","message","hint",..}`.
    const std::string &json() const noexcept { return json_; }

private:
    wa_status status_;
    std::string json_;
};

/// What a call gave: a status, JSON if it has any, and the error if it is not OK.
class result {
public:
    /// What a call of the C functions gave on this thread just now; `json` is owned from here on.
    explicit result(wa_status status, char *json = nullptr) : status_(status), json_(json) {
        if (status != WA_STATUS_OK) error_ = wa_last_error();
    }
    /// The status.
    wa_status status() const noexcept { return status_; }
    /// Whether the status is WA_STATUS_OK.
    explicit operator bool() const noexcept { return status_ == WA_STATUS_OK; }
    /// The JSON of the call, whatever its status; "" where it gives none. Lives as long as the result.
    const char *json() const noexcept { return json_ ? json_.get() : ""; }
    /// The error as JSON; empty if the status is OK.
    const std::string &error() const noexcept { return error_; }
    /// The JSON, handed over.
    string take() noexcept { return std::move(json_); }
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
    /// Itself, or `wa::error` if the status is not OK.
    result &or_throw() & {
        if (!*this) throw wa::error(status_, error_);
        return *this;
    }
    /// The same for a result that nobody keeps yet.
    result or_throw() && {
        or_throw();
        return std::move(*this);
    }
#endif

private:
    wa_status status_;
    string json_;
    std::string error_;
};

/// One configured connector. Moved, never copied; empty until it is configured and after it was moved from: then its
/// calls give WA_STATUS_NO_CLIENT.
///
/// All but `configure`, moving and the end may be called from many threads at once, `close` too.
class client {
public:
    /// Is called with an event as JSON, which lives during the call.
    using event_function = std::function<void(const char *event_json)>;
    /// Is called with a level, 1 error to 5 trace, and a log record as JSON.
    using log_function = std::function<void(std::int32_t level, const char *record_json)>;

    /// An empty one. `at_end` is how long its end may wait for what is under way.
    explicit client(milliseconds at_end = milliseconds(10000)) noexcept : at_end_(at_end) {}
    /// Takes over.
    client(client &&other) noexcept : at_end_(other.at_end_), state_(std::move(other.state_)) {}
    /// Ends its own, then takes the other's over.
    client &operator=(client &&other) noexcept {
        if (this != &other) {
            end();
            at_end_ = other.at_end_;
            state_ = std::move(other.state_);
        }
        return *this;
    }
    /// Closes. What takes longer than `at_end` goes on without it. Not inside of its own callbacks: there nothing can
    /// be waited for, and the client would stay open.
    ~client() { end(); }

    /// Starts it; one that was there before is ended first. See wa_configure.
    result configure(text settings_json) {
        end();
        std::unique_ptr<state> fresh(new state);
        result given(wa_configure(settings_json.get(), &fresh->number));
        if (given) state_ = std::move(fresh);
        return given;
    }
    /// Whether it is one that was configured, closed or not.
    explicit operator bool() const noexcept { return state_ != nullptr; }
    /// Its number, for the C functions; 0 if it is empty.
    wa_client number() const noexcept { return state_ ? state_->number : 0; }

    /// Changes secrets, retry, pacing, log. See wa_update.
    result update(text settings_json) const { return result(wa_update(number(), settings_json.get())); }
    /// Sends text and waits for the end of the send. See wa_send.
    result send(text to, text message, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_send(number(), to.get(), message.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Sends a template and waits. See wa_send_template.
    result send_template(text to, text name, text variables_json = nullptr, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status =
            wa_send_template(number(), to.get(), name.get(), variables_json.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Sends a message of any kind and waits. See wa_send_message.
    result send_message(text to, text message_json, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_send_message(number(), to.get(), message_json.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Records a message, to be sent in the background. See wa_submit.
    result submit(text to, text message_json, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_submit(number(), to.get(), message_json.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Waits for the end of a message. See wa_wait.
    result wait(text id, milliseconds timeout) const {
        char *json = nullptr;
        wa_status status = wa_wait(number(), id.get(), in_c(timeout), &json);
        return result(status, json);
    }
    /// Gives a message up. See wa_cancel.
    result cancel(text id) const {
        char *json = nullptr;
        wa_status status = wa_cancel(number(), id.get(), &json);
        return result(status, json);
    }
    /// Reads a page of the history. See wa_history.
    result history(text query_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_history(number(), query_json.get(), &json);
        return result(status, json);
    }
    /// Reads the next events. See wa_next_event.
    result next_event(text options_json, milliseconds timeout) const {
        char *json = nullptr;
        wa_status status = wa_next_event(number(), options_json.get(), in_c(timeout), &json);
        return result(status, json);
    }
    /// Sets the function for events, or unsets it with nullptr. What it throws is dropped. It is destroyed once it is
    /// unset or replaced; if it runs on then (WA_STATUS_TIMEOUT), when the client has ended. See wa_on_event.
    result on_event(event_function function, text filter_json = nullptr) {
        return set(&state::on_event, std::move(function), [&](event_function *kept) {
            return wa_on_event(number(), filter_json.get(), kept ? call_event : nullptr, kept);
        });
    }
    /// Sets the function for log records up to a level, or unsets it. As on_event. See wa_on_log.
    result on_log(std::int32_t level, log_function function) {
        return set(&state::on_log, std::move(function), [&](log_function *kept) {
            return wa_on_log(number(), level, kept ? call_log : nullptr, kept);
        });
    }
    /// Ends it, and gives the status: on WA_STATUS_CLOSE_PENDING call again. A negative time is none, one of 2^32 - 1
    /// milliseconds or more has no limit. See wa_close.
    result close(milliseconds timeout) {
        result given(wa_close(number(), in_c(timeout)));
        if (given) state_->forget();
        return given;
    }

private:
    /// What must stay where it is while the library may call back.
    struct state {
        wa_client number = 0;
        std::mutex lock;
        std::shared_ptr<event_function> on_event;
        std::shared_ptr<log_function> on_log;
        std::vector<std::shared_ptr<void>> retired; // may still run
        /// The functions are destroyed under no lock: they may hold whatever they like.
        void forget() {
            std::vector<std::shared_ptr<void>> gone;
            std::lock_guard<std::mutex> locked(lock);
            retired.push_back(std::move(on_event));
            retired.push_back(std::move(on_log));
            gone.swap(retired);
        }
    };

    template <class Function, class Register>
    result set(std::shared_ptr<Function> state::*place, Function function, Register tell) {
        // Empty, or inside of a callback, where it is refused: no lock then, the thread that holds it may wait for us.
        if (!state_ || inside()) return result(tell(nullptr));
        std::shared_ptr<Function> kept(function ? std::make_shared<Function>(std::move(function)) : nullptr), before;
        std::lock_guard<std::mutex> locked(state_->lock);
        state_->retired.reserve(state_->retired.size() + 2); // nothing fails once it is told
        result given(tell(kept.get()));
        if (given) {
            before = std::move((*state_).*place);
            (*state_).*place = std::move(kept);
        } else if (given.status() == WA_STATUS_TIMEOUT) {
            state_->retired.push_back(std::move((*state_).*place));
            state_->retired.push_back(std::move(kept));
        }
        return given;
    }

    void end() noexcept {
        if (!state_) return;
        wa_status status = wa_close(state_->number, in_c(at_end_));
        // Else a callback may still run, and what it needs is left to the process.
        if (status != WA_STATUS_OK && status != WA_STATUS_NO_CLIENT) state_.release();
        state_.reset();
    }

    static std::uint32_t in_c(milliseconds time) noexcept {
        if (time.count() <= 0) return 0;
        return time.count() >= UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(time.count());
    }
    static bool &inside() noexcept {
        static thread_local bool is = false;
        return is;
    }
    template <class Call> static void guarded(Call call) noexcept {
        inside() = true;
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
        try {
            call();
        } catch (...) { // an exception must not cross C
        }
#else
        call();
#endif
        inside() = false;
    }
    static void call_event(void *function, const char *json) noexcept {
        guarded([&] { (*static_cast<event_function *>(function))(json); });
    }
    static void call_log(void *function, std::int32_t level, const char *json) noexcept {
        guarded([&] { (*static_cast<log_function *>(function))(level, json); });
    }

    milliseconds at_end_;
    std::unique_ptr<state> state_;
};

} // namespace wa

#endif
