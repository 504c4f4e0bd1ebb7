using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace WaConnector
{
    /// <content>Templates at the provider.</content>
    public sealed partial class WaClient
    {
        /// <summary>Lists the account's templates, a page at a time.</summary>
        /// <param name="query">Which; null means all.</param>
        /// <returns>The page.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public WaTemplatePage ListTemplates(TemplateQuery query = null)
        {
            return Act(
                AccountFunctions.ListTemplates, null, null, query, nameof(query), json => new WaTemplatePage(json));
        }

        /// <summary>Lists the account's templates, a page at a time.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="query">Which; null means all.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The page.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task<WaTemplatePage> ListTemplatesAsync(
            TemplateQuery query = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.ListTemplates, null, null, query, nameof(query), cancellationToken, json => new WaTemplatePage(json));
        }

        /// <summary>Reads one template.</summary>
        /// <param name="name">Its name, or the provider's id of it.</param>
        /// <param name="options">How, or null.</param>
        /// <returns>The template.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public WaTemplate GetTemplate(string name, TemplateGetOptions options = null)
        {
            return Act(
                AccountFunctions.GetTemplate, Given(name, nameof(name)), null, options, nameof(options), json => new WaTemplate(json));
        }

        /// <summary>Reads one template.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="name">Its name, or the provider's id of it.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The template.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task<WaTemplate> GetTemplateAsync(
            string name, TemplateGetOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.GetTemplate, Given(name, nameof(name)), null, options, nameof(options), cancellationToken, json => new WaTemplate(json));
        }

        /// <summary>Creates a template. Meta reviews it at once; with Twilio <see cref="SubmitTemplate"/> asks for that.</summary>
        /// <param name="template">What it is to be.</param>
        /// <param name="options">How, or null.</param>
        /// <returns>The template.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public WaTemplate CreateTemplate(WaTemplateDefinition template, CallOptions options = null)
        {
            return Act(
                AccountFunctions.CreateTemplate, Given(template?.Json, nameof(template)), null, options, nameof(options), json => new WaTemplate(json));
        }

        /// <summary>Creates a template. Meta reviews it at once; with Twilio <see cref="SubmitTemplate"/> asks for that.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="template">What it is to be.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The template.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task<WaTemplate> CreateTemplateAsync(
            WaTemplateDefinition template, CallOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.CreateTemplate, Given(template?.Json, nameof(template)), null, options, nameof(options), cancellationToken, json => new WaTemplate(json));
        }

        /// <summary>Changes a template; it is reviewed anew.</summary>
        /// <param name="id">The provider's id of it.</param>
        /// <param name="template">What it is to be; name and language cannot change.</param>
        /// <param name="options">How, or null.</param>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public void EditTemplate(string id, WaTemplateDefinition template, CallOptions options = null)
        {
            Act(
                AccountFunctions.EditTemplate, Given(id, nameof(id)), Given(template?.Json, nameof(template)), options, nameof(options));
        }

        /// <summary>Changes a template; it is reviewed anew.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="id">The provider's id of it.</param>
        /// <param name="template">What it is to be; name and language cannot change.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The end of the call.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task EditTemplateAsync(
            string id, WaTemplateDefinition template, CallOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.EditTemplate, Given(id, nameof(id)), Given(template?.Json, nameof(template)), options, nameof(options), cancellationToken);
        }

        /// <summary>Deletes a template, in all its languages unless the options name one.</summary>
        /// <param name="name">Its name; with Twilio its name or SID.</param>
        /// <param name="options">How, or null.</param>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public void DeleteTemplate(string name, TemplateDeleteOptions options = null)
        {
            Act(AccountFunctions.DeleteTemplate, Given(name, nameof(name)), null, options, nameof(options));
        }

        /// <summary>Deletes a template, in all its languages unless the options name one.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="name">Its name; with Twilio its name or SID.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The end of the call.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task DeleteTemplateAsync(
            string name, TemplateDeleteOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.DeleteTemplate, Given(name, nameof(name)), null, options, nameof(options), cancellationToken);
        }

        /// <summary>Asks WhatsApp to approve a template (Twilio; Meta does it by itself).</summary>
        /// <param name="id">The provider's id of it.</param>
        /// <param name="options">How, or null.</param>
        /// <returns>The template, with its state.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public WaTemplate SubmitTemplate(string id, TemplateSubmitOptions options = null)
        {
            return Act(
                AccountFunctions.SubmitTemplate, Given(id, nameof(id)), null, options, nameof(options), json => new WaTemplate(json));
        }

        /// <summary>Asks WhatsApp to approve a template (Twilio; Meta does it by itself).</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="id">The provider's id of it.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The template, with its state.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task<WaTemplate> SubmitTemplateAsync(
            string id, TemplateSubmitOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.SubmitTemplate, Given(id, nameof(id)), null, options, nameof(options), cancellationToken, json => new WaTemplate(json));
        }
    }
}
