using System.Reflection;
using System.Runtime.InteropServices;

[assembly: AssemblyTitle("WaConnector")]
[assembly: AssemblyProduct("WaConnector")]
[assembly: AssemblyDescription("Sends WhatsApp messages behind a durable history.")]
[assembly: AssemblyVersion("0.1.0.0")]
[assembly: AssemblyFileVersion("0.1.0.0")]
[assembly: ComVisible(false)]
