/// \file
/// The C++ layer over the calls of wa_connector.h that work on the history as a whole: counts, export, retention, erasure,
/// rows for tables of the host's own, the decision on a database that went back in time, and the tables as SQL. Header
/// only, as wa_connector.hpp, which it adds to.
///
///     wa::history history(client);
///     wa::result counts = history.count();
///
/// What each call does is said in wa_connector.h.
#ifndef WA_CONNECTOR_HISTORY_HPP
#define WA_CONNECTOR_HISTORY_HPP

#include "wa_connector.hpp"

namespace wa {

/// The history of a client. A number only: it may be copied, and its calls give WA_STATUS_NO_CLIENT once the client is
/// closed. All calls may be made from many threads at once.
class history {
public:
    /// The history of this client.
    explicit history(const client &of) noexcept : number_(of.number()) {}

    /// Counts messages. See wa_history_count.
    result count(text query_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_history_count(number_, query_json.get(), &json);
        return result(status, json);
    }
    /// Writes messages into a file. See wa_history_export.
    result export_file(text query_json, text options_json) const {
        char *json = nullptr;
        wa_status status = wa_history_export(number_, query_json.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Deletes what is old. See wa_history_purge.
    result purge(text options_json) const {
        char *json = nullptr;
        wa_status status = wa_history_purge(number_, options_json.get(), &json);
        return result(status, json);
    }
    /// Erases what was said to a contact. See wa_history_erase.
    result erase(text options_json) const {
        char *json = nullptr;
        wa_status status = wa_history_erase(number_, options_json.get(), &json);
        return result(status, json);
    }
    /// Hands over messages that have changed. See wa_history_take.
    result take(text options_json, milliseconds timeout) const {
        char *json = nullptr;
        wa_status status = wa_history_take(number_, options_json.get(), in_c(timeout), &json);
        return result(status, json);
    }
    /// Decides what becomes of the messages in a database that went back in time. See wa_recover.
    result recover(text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_recover(number_, options_json.get(), &json);
        return result(status, json);
    }

private:
    static std::uint32_t in_c(milliseconds time) noexcept {
        if (time.count() <= 0) return 0;
        return time.count() >= UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(time.count());
    }

    wa_client number_;
};

/// The history's tables, and the rights on them, as SQL for a DBA; needs no client. See wa_schema.
inline result schema(text settings_json = nullptr, text options_json = nullptr) {
    char *json = nullptr;
    wa_status status = wa_schema(settings_json.get(), options_json.get(), &json);
    return result(status, json);
}

} // namespace wa

#endif
