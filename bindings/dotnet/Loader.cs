using System;
using System.Collections.Generic;
using System.Globalization;
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
                // One that is there and cannot be used is refused: another one would not be what the host wants.
                bool full = Path.IsPathRooted(candidate);
                if (full && !File.Exists(candidate))
                {
                    tried.Add(candidate);
                    continue;
                }
                if (full)
                {
                    Look(candidate);
                }
                IntPtr module = Open(candidate, full, out string why, out string hint);
                if (module != IntPtr.Zero)
                {
                    path = Bind(module, candidate, full);
                    return;
                }
                if (full)
                {
                    throw NotLoaded(candidate, why, hint, null);
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

        /// <summary>Refuses a file that is no library for this process.</summary>
        private static void Look(string candidate)
        {
            string fault, hint;
            try
            {
                fault = LibraryFile.Fault(candidate, OnWindows, IntPtr.Size * 8, out hint);
            }
            catch (Exception e) when (e is UnauthorizedAccessException || e is IOException)
            {
                throw NotLoaded(candidate, e.Message.TrimEnd('.'), "Let the account of this process read it.", e);
            }
            if (fault != null)
            {
                string message = "The native library " + candidate + " " + fault + ".";
                throw new WaException(WaStatus.Internal, message, hint, new BadImageFormatException(message, candidate));
            }
        }

        /// <summary>Checks that it is the library that was asked for and takes its functions; gives its place.</summary>
        private static string Bind(IntPtr module, string candidate, bool full)
        {
            // The version before the functions: an older library may lack some, and that is the better reason.
            IntPtr version = Address(module, "wa_abi_version");
            if (version == IntPtr.Zero)
            {
                throw Missing("wa_abi_version", candidate);
            }
            string place = OnWindows ? Windows.PlaceOf(module) : Unix.PlaceOf(version);
            if (full)
            {
                CheckPlace(candidate, place);
                place = candidate;
            }
            CheckVersion(module, version, place ?? candidate);
            Native.Bind(name =>
            {
                IntPtr address = Address(module, name);
                if (address == IntPtr.Zero)
                {
                    throw Missing(name, candidate);
                }
                return address;
            });
            return place ?? candidate;
        }

        /// <summary>
        /// A library stays in a process until its end. Where its file was replaced
        /// since, the system gives the old one for the same path.
        /// </summary>
        private static void CheckPlace(string candidate, string place)
        {
            if (place == null || string.Equals(place, candidate, OnWindows ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
            {
                return;
            }
            try
            {
                // Another path may lead to the same file: by a link, or by a short name.
                if (!place.EndsWith(Unix.Deleted, StringComparison.Ordinal)
                    && (!File.Exists(place) || LibraryFile.Same(place, candidate)))
                {
                    return;
                }
            }
            catch (Exception e) when (e is UnauthorizedAccessException || e is IOException)
            {
                return;
            }
            string message = "The native library " + candidate + " was asked for, and this process has loaded " + place + " in its place.";
            throw new WaException(
                WaStatus.Internal,
                message,
                "Start the process again (in IIS, recycle the application pool), and put each version into a folder of its own.",
                new DllNotFoundException(message));
        }

        private static void CheckVersion(IntPtr module, IntPtr version, string place)
        {
            uint speaks = Marshal.GetDelegateForFunctionPointer<Native.Signature.wa_abi_version>(version)();
            if (speaks >= Native.WA_ABI_VERSION)
            {
                return;
            }
            IntPtr name = Address(module, "wa_version");
            string called = name == IntPtr.Zero
                ? "unknown"
                : Utf8.Text((byte*)Marshal.GetDelegateForFunctionPointer<Native.Signature.wa_version>(name)());
            Assembly own = typeof(Loader).Assembly;
            throw new WaException(
                WaStatus.Internal,
                "The native library " + place + " has the version " + called + " and speaks version " + speaks + " of the ABI; the package "
                    + own.Location + " has the version " + own.GetName().Version.ToString(3) + " and needs " + Native.WA_ABI_VERSION + ".",
                "Put the library of this package there, and start the process again (in IIS, recycle the application pool).");
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

        private static WaException NotLoaded(string candidate, string why, string hint, Exception inner)
        {
            string message = "The native library " + candidate + " could not be loaded: " + why + ".";
            return new WaException(WaStatus.Internal, message, hint, new DllNotFoundException(message, inner));
        }

        private static IntPtr Open(string name, bool full, out string why, out string hint)
        {
            return OnWindows ? Windows.Open(name, full, out why, out hint) : Unix.Open(name, out why, out hint);
        }

        private static IntPtr Address(IntPtr module, string name)
        {
            return OnWindows ? Windows.GetProcAddress(module, name) : Unix.Address(module, name);
        }

        private static class Windows
        {
            private const uint DllLoadDir = 0x100;
            private const uint DefaultDirs = 0x1000;
            private const int ModuleNotFound = 126;
            private const int ProcedureNotFound = 127;
            private const int LongestPath = 32768;

            /// <summary>Never looks into the working directory or PATH.</summary>
            internal static IntPtr Open(string name, bool full, out string why, out string hint)
            {
                IntPtr module = LoadLibraryEx(name, IntPtr.Zero, full ? DllLoadDir | DefaultDirs : DefaultDirs);
                int error = module == IntPtr.Zero ? Marshal.GetLastWin32Error() : 0;
                bool lacks = error == ModuleNotFound || error == ProcedureNotFound;
                why = lacks && full
                    ? "a library that it needs, or a function of one, is missing (error " + error + ")"
                    : new System.ComponentModel.Win32Exception(error).Message.TrimEnd('.', ' ') + " (error " + error + ")";
                hint = lacks
                    ? "It needs Windows 10 or Windows Server 2016, or a later one, and only what these bring along."
                    : "Let the account of this process read it, and look into the event log.";
                return module;
            }

            /// <summary>The file of a module, or null.</summary>
            internal static string PlaceOf(IntPtr module)
            {
                char[] name = new char[LongestPath];
                uint length = GetModuleFileName(module, name, (uint)name.Length);
                return length == 0 ? null : new string(name, 0, (int)length);
            }

            [DllImport("kernel32", EntryPoint = "LoadLibraryExW", CharSet = CharSet.Unicode, SetLastError = true, ExactSpelling = true)]
            private static extern IntPtr LoadLibraryEx(string name, IntPtr zero, uint flags);

            [DllImport("kernel32", EntryPoint = "GetModuleFileNameW", CharSet = CharSet.Unicode, ExactSpelling = true)]
            private static extern uint GetModuleFileName(IntPtr module, [Out] char[] name, uint size);

            [DllImport("kernel32", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true, ExactSpelling = true)]
            internal static extern IntPtr GetProcAddress(IntPtr module, string name);
        }

        /// <summary>The dynamic loader: in libdl.so.2 with glibc, in libc with others.</summary>
        private static class Unix
        {
            /// <summary>What stands behind the name of a file that is gone.</summary>
            internal const string Deleted = " (deleted)";

            private const int Now = 2;
            private static bool inLibc;

            internal static IntPtr Open(string name, out string why, out string hint)
            {
                fixed (byte* text = Utf8.Bytes(name, "path"))
                {
                    // Called once before: a runtime finds it by dlopen at its first call, and that clears the error.
                    try
                    {
                        dlerror();
                    }
                    catch (DllNotFoundException)
                    {
                        inLibc = true;
                        dlerror_libc();
                    }
                    IntPtr module = inLibc ? dlopen_libc(text, Now) : dlopen(text, Now);
                    why = null;
                    if (module == IntPtr.Zero)
                    {
                        why = Utf8.Text(inLibc ? dlerror_libc() : dlerror()) ?? "unknown reason";
                    }
                    hint = why == null ? null : Hint(why);
                    return module;
                }
            }

            /// <summary>
            /// The file that the code at an address was mapped from: what is loaded,
            /// whatever the path leads to now. Null where the system does not tell.
            /// </summary>
            internal static string PlaceOf(IntPtr code)
            {
                ulong address = (ulong)code.ToInt64();
                try
                {
                    // first-last rights offset device inode   path
                    foreach (string line in File.ReadLines("/proc/self/maps"))
                    {
                        int dash = line.IndexOf('-'), space = line.IndexOf(' '), slash = line.IndexOf('/');
                        if (slash > 0
                            && address >= ulong.Parse(line.Substring(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                            && address < ulong.Parse(line.Substring(dash + 1, space - dash - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture))
                        {
                            return line.Substring(slash);
                        }
                    }
                }
                catch (Exception e) when (e is UnauthorizedAccessException || e is IOException)
                {
                    // No /proc here.
                }
                return null;
            }

            private static string Hint(string why)
            {
                if (why.Contains("GLIBC_"))
                {
                    return "This system is older than the library was built for: use a newer one, or build the library here.";
                }
                if (why.Contains("cannot open shared object file") || why.Contains("Error loading shared library"))
                {
                    return "Install the library that is missing.";
                }
                return "Let the account of this process read it, from a file system that allows programs (no \"noexec\"), on a processor that it is for.";
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
