using System;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using WaConnector;

/// <summary>
/// Functions of the library as C sees them, out of the module that the package
/// has loaded: for numbers and calls that the package does not let through.
/// </summary>
internal static unsafe class Raw
{
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal delegate int Cancel(ulong client, byte* id, byte** json);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal delegate int Close(ulong client, uint timeoutMs);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal delegate void Free(byte* text);

    internal static T Function<T>(string name)
    {
        IntPtr module = Open(WaClient.LoadedLibrary);
        return Marshal.GetDelegateForFunctionPointer<T>(Host.OnWindows ? GetProcAddress(module, name) : dlsym(module, name));
    }

    /// <summary>Loads a library, or gives the one that is loaded.</summary>
    internal static IntPtr Open(string path)
    {
        const int Now = 2;
        IntPtr module = Host.OnWindows ? LoadLibrary(path) : dlopen(path, Now);
        Check.True(module != IntPtr.Zero, path + " is not loaded");
        return module;
    }

    /// <summary>The number of a client.</summary>
    internal static ulong Number(WaClient client)
    {
        return (ulong)typeof(WaClient).GetField("number", BindingFlags.Instance | BindingFlags.NonPublic).GetValue(client);
    }

    internal static byte[] Text(string text)
    {
        return Encoding.UTF8.GetBytes(text + "\0");
    }

    [DllImport("libdl.so.2", ExactSpelling = true)]
    private static extern IntPtr dlopen(string path, int flags);

    [DllImport("libdl.so.2", ExactSpelling = true)]
    private static extern IntPtr dlsym(IntPtr module, string name);

    [DllImport("kernel32", EntryPoint = "LoadLibraryW", CharSet = CharSet.Unicode, ExactSpelling = true)]
    private static extern IntPtr LoadLibrary(string path);

    [DllImport("kernel32", CharSet = CharSet.Ansi, ExactSpelling = true)]
    private static extern IntPtr GetProcAddress(IntPtr module, string name);
}
