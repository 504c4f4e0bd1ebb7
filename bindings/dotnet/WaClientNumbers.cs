using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace WaConnector
{
    /// <content>The numbers that a business sends from.</content>
    public sealed partial class WaClient
    {
        /// <summary>Lists the account's numbers, a page at a time.</summary>
        /// <param name="options">How, or null.</param>
        /// <returns>The page.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public WaNumberPage ListNumbers(NumberListOptions options = null)
        {
            return Act(
                AccountFunctions.ListNumbers, null, null, options, nameof(options), json => new WaNumberPage(json));
        }

        /// <summary>Lists the account's numbers, a page at a time.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The page.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task<WaNumberPage> ListNumbersAsync(
            NumberListOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.ListNumbers, null, null, options, nameof(options), cancellationToken, json => new WaNumberPage(json));
        }

        /// <summary>Reads one number: name, quality, throughput, limit, registration.</summary>
        /// <param name="options">How, or null.</param>
        /// <returns>The number.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public WaNumber GetNumber(NumberOptions options = null)
        {
            return Act(AccountFunctions.GetNumber, null, null, options, nameof(options), json => new WaNumber(json));
        }

        /// <summary>Reads one number: name, quality, throughput, limit, registration.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The number.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task<WaNumber> GetNumberAsync(
            NumberOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.GetNumber, null, null, options, nameof(options), cancellationToken, json => new WaNumber(json));
        }

        /// <summary>Adds a number to the account. It still has to be verified and registered.</summary>
        /// <remarks>
        /// The options must have the name that recipients see.
        /// </remarks>
        /// <param name="number">With <c>+</c> and country code, or what <c>default_country</c> completes.</param>
        /// <param name="options">How, or null.</param>
        /// <returns>The number, with its id.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public WaNumber AddNumber(string number, NumberAddOptions options = null)
        {
            return Act(
                AccountFunctions.AddNumber, Given(number, nameof(number)), null, options, nameof(options), json => new WaNumber(json));
        }

        /// <summary>Adds a number to the account. It still has to be verified and registered.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="number">With <c>+</c> and country code, or what <c>default_country</c> completes.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The number, with its id.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task<WaNumber> AddNumberAsync(
            string number, NumberAddOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.AddNumber, Given(number, nameof(number)), null, options, nameof(options), cancellationToken, json => new WaNumber(json));
        }

        /// <summary>Has a verification code sent to a number.</summary>
        /// <param name="options">How, or null.</param>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public void RequestCode(CodeOptions options = null)
        {
            Act(AccountFunctions.RequestCode, null, null, options, nameof(options));
        }

        /// <summary>Has a verification code sent to a number.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The end of the call.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task RequestCodeAsync(
            CodeOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(AccountFunctions.RequestCode, null, null, options, nameof(options), cancellationToken);
        }

        /// <summary>Gives the verification code that came.</summary>
        /// <param name="code">Six digits; never logged or kept.</param>
        /// <param name="options">How, or null.</param>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public void VerifyCode(string code, NumberOptions options = null)
        {
            Act(AccountFunctions.VerifyCode, Given(code, nameof(code)), null, options, nameof(options));
        }

        /// <summary>Gives the verification code that came.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="code">Six digits; never logged or kept.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The end of the call.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task VerifyCodeAsync(
            string code, NumberOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.VerifyCode, Given(code, nameof(code)), null, options, nameof(options), cancellationToken);
        }

        /// <summary>Registers a number for sending.</summary>
        /// <param name="pin">Six digits of the two-step verification; set where there are none. Never logged or kept.</param>
        /// <param name="options">How, or null.</param>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public void Register(string pin, RegisterOptions options = null)
        {
            Act(AccountFunctions.Register, Given(pin, nameof(pin)), null, options, nameof(options));
        }

        /// <summary>Registers a number for sending.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="pin">Six digits of the two-step verification; set where there are none. Never logged or kept.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The end of the call.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task RegisterAsync(
            string pin, RegisterOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.Register, Given(pin, nameof(pin)), null, options, nameof(options), cancellationToken);
        }

        /// <summary>Takes the registration back: nothing can be sent from the number until it is registered again.</summary>
        /// <param name="options">How, or null.</param>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public void Deregister(NumberOptions options = null)
        {
            Act(AccountFunctions.Deregister, null, null, options, nameof(options));
        }

        /// <summary>Takes the registration back: nothing can be sent from the number until it is registered again.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The end of the call.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task DeregisterAsync(
            NumberOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(AccountFunctions.Deregister, null, null, options, nameof(options), cancellationToken);
        }

        /// <summary>Sets the PIN of the two-step verification.</summary>
        /// <param name="pin">Six digits; never logged or kept.</param>
        /// <param name="options">How, or null.</param>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public void SetPin(string pin, NumberOptions options = null)
        {
            Act(AccountFunctions.SetPin, Given(pin, nameof(pin)), null, options, nameof(options));
        }

        /// <summary>Sets the PIN of the two-step verification.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="pin">Six digits; never logged or kept.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The end of the call.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task SetPinAsync(
            string pin, NumberOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.SetPin, Given(pin, nameof(pin)), null, options, nameof(options), cancellationToken);
        }
    }
}
