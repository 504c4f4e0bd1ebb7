/// \file
/// The C++ layer over the calls of wa_connector.h that are no messages: media, templates, numbers, the business profile,
/// the check, webhooks. Header only, as wa_connector.hpp, which it adds to.
///
///     wa::account account(client);
///     wa::result media = account.media_upload("/srv/invoice.pdf");
///
/// What each call does is said in wa_connector.h.
#ifndef WA_CONNECTOR_ACCOUNT_HPP
#define WA_CONNECTOR_ACCOUNT_HPP

#include "wa_connector.hpp"
#include <cstddef>

namespace wa {

/// The account of a client. A number only: it may be copied, and its calls give WA_STATUS_NO_CLIENT once the client is
/// closed. All calls may be made from many threads at once.
class account {
public:
    /// The account of this client.
    explicit account(const client &of) noexcept : number_(of.number()) {}

    /// Marks an inbound message, and those before it, as read. See wa_mark_read.
    result mark_read(text message_id, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_mark_read(number_, message_id.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Uploads a file. See wa_media_upload.
    result media_upload(text file, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_media_upload(number_, file.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Uploads bytes; the options must have a mime_type. See wa_media_upload_bytes.
    result media_upload_bytes(const void *bytes, std::size_t length, text options_json) const {
        char *json = nullptr;
        const std::uint8_t *at = static_cast<const std::uint8_t *>(bytes);
        wa_status status = wa_media_upload_bytes(number_, at, length, options_json.get(), &json);
        return result(status, json);
    }
    /// Fetches media into a folder. See wa_media_download.
    result media_download(text media_id, text folder, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_media_download(number_, media_id.get(), folder.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Tells where media can be fetched from. See wa_media_url.
    result media_url(text media_id, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_media_url(number_, media_id.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Deletes media. See wa_media_delete.
    result media_delete(text media_id, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_media_delete(number_, media_id.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Lists templates, a page at a time. See wa_template_list.
    result template_list(text query_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_template_list(number_, query_json.get(), &json);
        return result(status, json);
    }
    /// Reads one template, by its name or id. See wa_template_get.
    result template_get(text name, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_template_get(number_, name.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Creates a template. See wa_template_create.
    result template_create(text template_json, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_template_create(number_, template_json.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Changes a template. See wa_template_edit.
    result template_edit(text id, text template_json, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_template_edit(number_, id.get(), template_json.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Deletes a template. See wa_template_delete.
    result template_delete(text name, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_template_delete(number_, name.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Asks WhatsApp to approve a template. See wa_template_submit.
    result template_submit(text id, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_template_submit(number_, id.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Lists the account's numbers, a page at a time. See wa_number_list.
    result number_list(text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_number_list(number_, options_json.get(), &json);
        return result(status, json);
    }
    /// Reads one number. See wa_number_get.
    result number_get(text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_number_get(number_, options_json.get(), &json);
        return result(status, json);
    }
    /// Adds a number; the options must have a verified_name. See wa_number_add.
    result number_add(text number, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_number_add(number_, number.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Has a verification code sent. See wa_number_request_code.
    result number_request_code(text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_number_request_code(number_, options_json.get(), &json);
        return result(status, json);
    }
    /// Gives the verification code. See wa_number_verify_code.
    result number_verify_code(text code, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_number_verify_code(number_, code.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Registers a number for sending. See wa_number_register.
    result number_register(text pin, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_number_register(number_, pin.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Takes the registration back. See wa_number_deregister.
    result number_deregister(text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_number_deregister(number_, options_json.get(), &json);
        return result(status, json);
    }
    /// Sets the PIN of the two-step verification. See wa_number_set_pin.
    result number_set_pin(text pin, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_number_set_pin(number_, pin.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Reads the business profile. See wa_profile_get.
    result profile_get(text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_profile_get(number_, options_json.get(), &json);
        return result(status, json);
    }
    /// Changes the business profile. See wa_profile_update.
    result profile_update(text profile_json, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_profile_update(number_, profile_json.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Changes the profile's picture. See wa_profile_set_picture.
    result profile_set_picture(text file, text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_profile_set_picture(number_, file.get(), options_json.get(), &json);
        return result(status, json);
    }
    /// Looks whether the account and the database are fit to send. See wa_check.
    result check(text options_json = nullptr) const {
        char *json = nullptr;
        wa_status status = wa_check(number_, options_json.get(), &json);
        return result(status, json);
    }
    /// Takes a request that a provider made to the host's HTTP server. Its JSON is to be answered, whatever the status:
    /// `{"status","headers","body"}`. See wa_webhook.
    result webhook(text request_json, const void *body, std::size_t body_length) const {
        char *json = nullptr;
        wa_status status =
            wa_webhook(number_, request_json.get(), static_cast<const std::uint8_t *>(body), body_length, &json);
        return result(status, json);
    }
    /// The same with a body that is a string of bytes.
    result webhook(text request_json, const std::string &body) const {
        return webhook(request_json, body.data(), body.size());
    }

private:
    wa_client number_;
};

} // namespace wa

#endif
