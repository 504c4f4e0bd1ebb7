using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;

namespace WaConnector
{
    /// <summary>
    /// Finds and opens the native library, once per application domain, before
    /// its first function is called. The functions come from the very module
    /// that was opened: two versions in one process cannot be mixed up. It is
    /// never unloaded.
    /// </summary>
    internal static unsafe class Loader
    {
        /// <summary>Names the library, where <see cref="WaClient.NativeLibraryPath"/> does not.</summary>
        internal const string Variable = "WA_CONNECTOR_LIBRARY";

        private static readonly object Gate = new object();
        private static volatile bool loaded;
        private static string given;
        private static string path;

        private static bool OnWindows
        {
            get { return Environment.OSVersion.Platform == PlatformID.Win32NT; }
        }

        /// <summary>The path that the host gave, or null.</summary>
        internal static string Given
        {
            get
            {
                lock (Gate)
                {
                    return given;
                }
            }

            set
            {
                lock (Gate)
                {
                    if (loaded && value != given)
                    {
                        throw new InvalidOperationException(
                            "The native library was loaded from " + path + " already; set the path before the first call.");
                    }
                    given = value;
                }
            }
        }

        /// <summary>Where the library was loaded from; a bare name if the system found it.</summary>
        internal static string LoadedFrom
        {
            get
            {
                Load();
                return path;
            }
        }

        /// <summary>Loads the library, unless it is loaded.</summary>
        internal static void Load()
        {
            if (loaded)
            {
                return;
            }
            lock (Gate)
            {
                if (!loaded)
                {
                    LoadNow();
                    loaded = true;
                }
            }
        }

        private static void LoadNow()
        {
            List<string> tried = new List<string>();
            string wanted = given ?? Environment.GetEnvironmentVariable(Variable);
            IEnumerable<string> candidates = string.IsNullOrEmpty(wanted) ? Defaults() : Named(wanted);
            foreach (string candidate in candidates)
            {
                bool full = Path.IsPathRooted(candidate);
                if (full && !File.Exists(candidate))
                {
                    tried.Add(candidate);
                    continue;
                }
                IntPtr module = Open(candidate, full, out string why, out bool wrongFormat);
                if (module != IntPtr.Zero)
                {
                    Bind(module, candidate);
                    path = candidate;
                    return;
                }
                if (full)
                {
                    // It is there and cannot be used: another one would not be what the host wants.
                    throw Refused(candidate, why, wrongFormat);
                }
                tried.Add(candidate);
            }
            string message = "The native library of wa_connector was not found. Looked for: " + string.Join(", ", tried) + ".";
            throw new WaException(
                WaStatus.Internal,
                message,
                "Put " + FileName + " beside WaConnector.dll, or name it in the environment variable " + Variable
                    + " or in WaClient.NativeLibraryPath.",
                new DllNotFoundException(message));
        }

        private static string FileName
        {
            get { return OnWindows ? "wa_connector.dll" : "libwa_connector.so"; }
        }

        private static string Bits
        {
            get { return IntPtr.Size == 8 ? "64-bit" : "32-bit"; }
        }

        /// <summary>The file or the folder that the host named.</summary>
        private static IEnumerable<string> Named(string wanted)
        {
            string full = Path.GetFullPath(wanted);
            yield return Directory.Exists(full) ? Path.Combine(full, FileName) : full;
        }

        /// <summary>Beside the package, beside the application, then where the system looks.</summary>
        private static IEnumerable<string> Defaults()
        {
            string runtime = (OnWindows ? "win-" : "linux-") + (IntPtr.Size == 8 ? "x64" : "x86");
            HashSet<string> folders = new HashSet<string>(StringComparer.Ordinal);
            foreach (string folder in new[] { OwnFolder(true), OwnFolder(false), AppDomain.CurrentDomain.BaseDirectory })
            {
                if (string.IsNullOrEmpty(folder) || !folders.Add(folder.TrimEnd('/', '\\')))
                {
                    continue;
                }
                yield return Path.Combine(folder, FileName);
                yield return Path.Combine(folder, "runtimes", runtime, "native", FileName);
            }
            if (!OnWindows)
            {
                yield return "libwa_connector.so.1";
            }
            yield return FileName;
        }

        /// <summary>
        /// The folder of this assembly: where it was before ASP.NET copied it, or
        /// where it is. Empty where assemblies have no place.
        /// </summary>
        private static string OwnFolder(bool original)
        {
            try
            {
                Assembly own = typeof(Loader).Assembly;
                if (!original)
                {
                    return string.IsNullOrEmpty(own.Location) ? null : Path.GetDirectoryName(own.Location);
                }
#pragma warning disable SYSLIB0012 // On .NET Framework it is the only way to the original.
                Uri codeBase = new Uri(own.CodeBase);
#pragma warning restore SYSLIB0012
                return codeBase.IsFile ? Path.GetDirectoryName(codeBase.LocalPath) : null;
            }
            catch (Exception e) when (e is NotSupportedException || e is UriFormatException || e is ArgumentException)
            {
                return null;
            }
        }

        private static void Bind(IntPtr module, string from)
        {
            // The version first: an older library may lack functions, and that is the better reason.
            IntPtr version = Address(module, "wa_abi_version");
            if (version == IntPtr.Zero)
            {
                throw Missing("wa_abi_version", from);
            }
            uint speaks = Marshal.GetDelegateForFunctionPointer<Native.Signature.wa_abi_version>(version)();
            if (speaks < Native.WA_ABI_VERSION)
            {
                throw new WaException(
                    WaStatus.Internal,
                    "The native library " + from + " speaks version " + speaks + " of the ABI; this package needs "
                        + Native.WA_ABI_VERSION + ".",
                    "Replace it by the one of this package. After an upgrade the application pool must be recycled.");
            }
            Native.Bind(name =>
            {
                IntPtr address = Address(module, name);
                if (address == IntPtr.Zero)
                {
                    throw Missing(name, from);
                }
                return address;
            });
        }

        private static WaException Missing(string name, string from)
        {
            string message = "The native library " + from + " has no function " + name + ".";
            return new WaException(
                WaStatus.Internal,
                message,
                "Replace it by the one of this package: it is another library, or an older version.",
                new EntryPointNotFoundException(message));
        }

        private static WaException Refused(string candidate, string why, bool wrongFormat)
        {
            if (wrongFormat)
            {
                string wrong = "The native library " + candidate + " is not one for a " + Bits + " process: " + why + ".";
                return new WaException(
                    WaStatus.Internal,
                    wrong,
                    "Use the library for this platform; in IIS, check \"Enable 32-Bit Applications\" of the pool.",
                    new BadImageFormatException(wrong, candidate));
            }
            string message = "The native library " + candidate + " could not be loaded: " + why + ".";
            return new WaException(
                WaStatus.Internal,
                message,
                "A library that it needs is missing, or this account may not read it.",
                new DllNotFoundException(message));
        }

        private static IntPtr Open(string name, bool full, out string why, out bool wrongFormat)
        {
            return OnWindows ? Windows.Open(name, full, out why, out wrongFormat) : Unix.Open(name, out why, out wrongFormat);
        }

        private static IntPtr Address(IntPtr module, string name)
        {
            return OnWindows ? Windows.GetProcAddress(module, name) : Unix.Address(module, name);
        }

        private static class Windows
        {
            private const uint DllLoadDir = 0x100;
            private const uint DefaultDirs = 0x1000;
            private const int BadExeFormat = 193;

            /// <summary>Never looks into the working directory or PATH.</summary>
            internal static IntPtr Open(string name, bool full, out string why, out bool wrongFormat)
            {
                IntPtr module = LoadLibraryEx(name, IntPtr.Zero, full ? DllLoadDir | DefaultDirs : DefaultDirs);
                int error = module == IntPtr.Zero ? Marshal.GetLastWin32Error() : 0;
                wrongFormat = error == BadExeFormat;
                why = error == 0 ? null : new System.ComponentModel.Win32Exception(error).Message.TrimEnd('.');
                return module;
            }

            [DllImport("kernel32", EntryPoint = "LoadLibraryExW", CharSet = CharSet.Unicode, SetLastError = true, ExactSpelling = true)]
            private static extern IntPtr LoadLibraryEx(string name, IntPtr zero, uint flags);

            [DllImport("kernel32", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true, ExactSpelling = true)]
            internal static extern IntPtr GetProcAddress(IntPtr module, string name);
        }

        /// <summary>The dynamic loader: in libdl.so.2 with glibc, in libc with others.</summary>
        private static class Unix
        {
            private const int Now = 2;
            private static bool inLibc;

            internal static IntPtr Open(string name, out string why, out bool wrongFormat)
            {
                fixed (byte* text = Utf8.Bytes(name, "path"))
                {
                    IntPtr module;
                    try
                    {
                        module = dlopen(text, Now);
                    }
                    catch (DllNotFoundException)
                    {
                        inLibc = true;
                        module = dlopen_libc(text, Now);
                    }
                    why = null;
                    if (module == IntPtr.Zero)
                    {
                        why = Utf8.Text(inLibc ? dlerror_libc() : dlerror()) ?? "unknown reason";
                    }
                    wrongFormat = why != null
                        && (why.Contains("ELF") || why.Contains("file too short") || why.Contains("invalid"));
                    return module;
                }
            }

            internal static IntPtr Address(IntPtr module, string name)
            {
                fixed (byte* text = Utf8.Bytes(name, "name"))
                {
                    return inLibc ? dlsym_libc(module, text) : dlsym(module, text);
                }
            }

            [DllImport("libdl.so.2", ExactSpelling = true)]
            private static extern IntPtr dlopen(byte* name, int flags);

            [DllImport("libdl.so.2", ExactSpelling = true)]
            private static extern IntPtr dlsym(IntPtr module, byte* name);

            [DllImport("libdl.so.2", ExactSpelling = true)]
            private static extern byte* dlerror();

            [DllImport("libc", EntryPoint = "dlopen", ExactSpelling = true)]
            private static extern IntPtr dlopen_libc(byte* name, int flags);

            [DllImport("libc", EntryPoint = "dlsym", ExactSpelling = true)]
            private static extern IntPtr dlsym_libc(IntPtr module, byte* name);

            [DllImport("libc", EntryPoint = "dlerror", ExactSpelling = true)]
            private static extern byte* dlerror_libc();
        }
    }
}
