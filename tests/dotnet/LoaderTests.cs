using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using WaConnector;

/// <summary>
/// The first tests that touch the library: it is loaded once, and before that
/// every refusal can be seen. What is about the first load is done by another
/// process of the same program.
/// </summary>
internal static class LoaderTests
{
    private const string Variable = "WA_CONNECTOR_LIBRARY";

    internal static void Add()
    {
        Runner.Add("load", "loader: a path that leads nowhere", Nowhere);
        Runner.Add("load", "loader: files that are no library for this process", NoLibraries);
        Runner.Add("load", "loader: 20,000 damaged headers are refused or taken, nothing else", DamagedHeaders);
        Runner.Add("load", "loader: a file that may not be read", NotReadable);
        Runner.Add("load", "loader: a library that the library needs is missing", MissingDependency);
        Runner.Add("load", "loader: another library", AnotherLibrary);
        Runner.Add("load", "loader: a library that is older than the package", Older);
        Runner.Add("load", "loader: versions, and no other path after the load", Versions);
        Runner.Add("load", "loader: the host's path, then the variable, then beside the package", Order);
        Runner.Add("load", "loader: of two with one name, the one that was asked for", TwoOfOneName);
        Runner.Add("load", "loader: a file that was replaced after it was loaded", Replaced);
    }

    private static string Good
    {
        get { return Environment.GetEnvironmentVariable(Variable); }
    }

    /// <summary>What the other process does: it loads what it is told and says what came of it.</summary>
    /// <param name="arguments">
    /// load default; load path P; load beside OTHER P: OTHER is in the process before;
    /// load replaced P OLD NEW: P is in the process, then goes to OLD, and NEW comes to its place.
    /// </param>
    internal static int Load(string[] arguments)
    {
        if (arguments[1] == "beside" || arguments[1] == "replaced")
        {
            Raw.Open(arguments[2]);
        }
        string path = null;
        switch (arguments[1])
        {
            case "path":
                path = arguments[2];
                break;
            case "beside":
                path = arguments[3];
                break;
            case "replaced":
                path = arguments[2];
                File.Move(path, arguments[3]);
                File.Move(arguments[4], path);
                break;
        }
        try
        {
            WaClient.NativeLibraryPath = path;
            Console.WriteLine("loaded " + WaClient.LoadedLibrary + " ABI " + WaClient.AbiVersion);
        }
        catch (WaException e)
        {
            Console.WriteLine(e.InnerException?.GetType().Name + " " + e.Message + " " + e.Hint);
        }
        return 0;
    }

    private static void Nowhere()
    {
        string path = Path.Combine(Folder("nowhere"), "no such library.so");
        Names(Refused<DllNotFoundException>(path), path, "not found", Variable, "WaClient.NativeLibraryPath");
        string folder = Folder("empty folder");
        Names(Refused<DllNotFoundException>(folder), Path.Combine(folder, Path.GetFileName(Good)));
    }

    private static void NoLibraries()
    {
        string folder = Folder("broken");
        byte[] half = Beginning((int)(new FileInfo(Good).Length / 2)), page = Beginning(5000), other = Beginning(5000);
        // The same header, of a library with half the bits.
        other[Host.OnWindows ? BitConverter.ToInt32(other, 0x3c) + 4 : 4] = (byte)(Host.OnWindows ? 0x4c : 1);
        if (Host.OnWindows)
        {
            other[BitConverter.ToInt32(other, 0x3c) + 5] = 1;
        }
        byte[] foreign = Host.OnWindows
            ? new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0 }
            : Encoding.ASCII.GetBytes("MZ" + new string('\0', 200));
        // A program of the system is a file of the same kind, and no library.
        byte[] program = Beginning(5000);
        int kind = Host.OnWindows ? BitConverter.ToInt32(program, 0x3c) + 22 : 16;
        program[kind] = 2;
        program[kind + 1] &= 0xdf;
        Dictionary<string, KeyValuePair<byte[], string>> files = new Dictionary<string, KeyValuePair<byte[], string>>
        {
            ["empty"] = new KeyValuePair<byte[], string>(new byte[0], "is empty"),
            ["text"] = new KeyValuePair<byte[], string>(Encoding.UTF8.GetBytes("This is no library, and long enough to be looked at by a loader that wants a header."), "is not a library"),
            ["page of a web site"] = new KeyValuePair<byte[], string>(Encoding.UTF8.GetBytes("<!DOCTYPE html><html>404"), "is not a library"),
            ["program"] = new KeyValuePair<byte[], string>(program, "is not a library"),
            ["half"] = new KeyValuePair<byte[], string>(half, "is cut short: it has " + half.Length + " bytes"),
            ["page"] = new KeyValuePair<byte[], string>(page, "is cut short: it has 5000 bytes"),
            ["beginning"] = new KeyValuePair<byte[], string>(Beginning(40), "is damaged"),
            ["other bits"] = new KeyValuePair<byte[], string>(other, "is for a " + (IntPtr.Size == 8 ? "32-bit process, and this one is 64-bit" : "64-bit process, and this one is 32-bit")),
            ["other system"] = new KeyValuePair<byte[], string>(foreign, "is a library for " + (Host.OnWindows ? "Linux" : "Windows")),
        };
        foreach (KeyValuePair<string, KeyValuePair<byte[], string>> file in files)
        {
            string path = Path.Combine(folder, file.Key + Path.GetExtension(Good));
            File.WriteAllBytes(path, file.Value.Key);
            Names(Refused<BadImageFormatException>(path), path + " " + file.Value.Value);
        }
        Check.True(Refused<BadImageFormatException>(Path.Combine(folder, "other bits" + Path.GetExtension(Good))).Hint.Contains("for a " + (IntPtr.Size * 8) + "-bit process"), "hint");
        Check.True(Refused<BadImageFormatException>(Path.Combine(folder, "half" + Path.GetExtension(Good))).Hint.Contains("copy it again"), "hint");
        Check.True(LibraryFile.Fault(Good, Host.OnWindows, IntPtr.Size * 8, out _) == null, "the library itself is one");
    }

    /// <summary>The first bytes of the library.</summary>
    private static byte[] Beginning(int count)
    {
        byte[] bytes = new byte[count];
        using (FileStream file = File.OpenRead(Good))
        {
            for (int read = 0; read < count;)
            {
                read += file.Read(bytes, read, count - read);
            }
        }
        return bytes;
    }

    private static void DamagedHeaders()
    {
        byte[] good = Beginning(16 * 1024);
        long length = new FileInfo(Good).Length;
        Random random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 20000; i++)
        {
            byte[] head = good.Take(random.Next(4) == 0 ? random.Next(600) : 4096).ToArray();
            for (int n = random.Next(6); n > 0 && head.Length > 0; n--)
            {
                head[random.Next(random.Next(2) == 0 ? Math.Min(512, head.Length) : head.Length)] = (byte)random.Next(256);
            }
            string fault = LibraryFile.Fault(head, length, Host.OnWindows, IntPtr.Size * 8, out string hint);
            Check.True(fault == null || (fault.StartsWith("is ", StringComparison.Ordinal) && hint.EndsWith(".", StringComparison.Ordinal)), fault + ": " + hint);
            refused += fault == null ? 0 : 1;
        }
        Check.True(refused > 2000 && refused < 20000, "refused " + refused);
    }

    private static void NotReadable()
    {
        string path = Path.Combine(Folder("held"), Path.GetFileName(Good));
        File.WriteAllText(path, "x");
        using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            Names(Refused<DllNotFoundException>(path), path, "could not be loaded", "read it");
        }
    }

    private static void MissingDependency()
    {
        string path = Path.Combine(Folder("lacks"), Path.GetFileName(Good));
        // The library itself, with the name of what it needs changed where it stands.
        string needs = Host.OnWindows ? "ws2_32.dll" : "libm.so.6", lacks = Host.OnWindows ? "xs2_32.dll" : "libX.so.6";
        byte[] file = File.ReadAllBytes(Good), old = Raw.Text(needs.ToLowerInvariant());
        int changed = 0;
        for (int i = 0; i + old.Length <= file.Length; i++)
        {
            int same = 0;
            while (same < old.Length && (file[i + same] == old[same] || file[i + same] == char.ToUpperInvariant((char)old[same])))
            {
                same++;
            }
            if (same == old.Length)
            {
                Buffer.BlockCopy(Raw.Text(lacks), 0, file, i, old.Length);
                changed++;
            }
        }
        Check.True(changed > 0, "it needs " + needs);
        File.WriteAllBytes(path, file);
        WaException refused = Refused<DllNotFoundException>(path);
        Names(refused, path, "could not be loaded", Host.OnWindows ? "a library that it needs" : lacks, Host.OnWindows ? "Windows 10" : "Install");
    }

    private static void AnotherLibrary()
    {
        string[] some = Host.OnWindows
            ? new[] { Path.Combine(Environment.SystemDirectory, "version.dll") }
            : new[] { "/lib/x86_64-linux-gnu/libm.so.6", "/usr/lib64/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/usr/lib/libm.so.6" };
        string path = some.FirstOrDefault(File.Exists) ?? throw new SkipException("no library of the system is known here");
        Names(Refused<EntryPointNotFoundException>(path), path, "has no function wa_abi_version", "Replace it");
    }

    private static void Older()
    {
        string old = Environment.GetEnvironmentVariable("WA_OLD_LIBRARY");
        if (string.IsNullOrEmpty(old))
        {
            throw new SkipException("no older library: there is no C compiler, or WA_OLD_LIBRARY is not set");
        }
        WaClient.NativeLibraryPath = old;
        WaException e = Check.Throws<WaException>(() => new WaClient("{}").Dispose());
        WaClient.NativeLibraryPath = null;
        System.Reflection.Assembly package = typeof(WaClient).Assembly;
        Names(e, old, "version 0.0.1", "version 0 of the ABI", package.Location, "version " + package.GetName().Version.ToString(3), "recycle the application pool");
    }

    private static void Versions()
    {
        Check.Equal(Good, WaClient.LoadedLibrary);
        Check.Throws<InvalidOperationException>(() => WaClient.NativeLibraryPath = Path.GetTempPath());
        // The same again is no change.
        WaClient.NativeLibraryPath = null;
        Check.True(Regex.IsMatch(WaClient.LibraryVersion, "^\\d+\\.\\d+\\.\\d+"), WaClient.LibraryVersion);
        Check.True(WaClient.AbiVersion >= 1, "ABI " + WaClient.AbiVersion);
        Check.Equal(typeof(WaClient).Assembly.GetName().Version.ToString(3), WaClient.LibraryVersion, "the library and the package are of one version");
        // The one call that needs no client.
        WaSchema sql = WaClient.Schema("{\"history\":{\"schema\":\"s\"}}", new WaSchemaOptions { Database = "postgresql", RunRole = "r" });
        Check.True(sql.Version >= 4 && sql.FromVersion == 0 && sql.Tables.Contains("CREATE VIEW"), sql.Tables);
        Check.True(sql.RightsToRun.Contains("TO \"r\"") && sql.RightsToMigrate.Contains("\"wa_owner\""), sql.RightsToRun);
        Check.True(WaClient.Schema().RightsToRun == null, "a file has no rights");
        Check.Throws<WaException>(() => WaClient.Schema((string)null, new WaSchemaOptions { Database = "oracle" }));
    }

    private static void Order()
    {
        string application = Folder("application");
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(Host.Program), "Wa*"))
        {
            File.Copy(file, Path.Combine(application, Path.GetFileName(file)));
        }
        string name = Path.GetFileName(Good);
        Check.True(Another(application, null, "default").StartsWith("DllNotFoundException", StringComparison.Ordinal), "no library anywhere");
        string beside = Path.Combine(application, name);
        string runtimes = Path.Combine(application, "runtimes", (Host.OnWindows ? "win-x" : "linux-x") + (IntPtr.Size == 8 ? "64" : "86"), "native", name);
        Copy(runtimes);
        Loaded(runtimes, Another(application, null, "default"));
        Move(runtimes, beside);
        Loaded(beside, Another(application, null, "default"));
        Loaded(Good, Another(application, Good, "default"));
        // The host's own path wins, as a file and as a folder; it is not passed over when it is wrong.
        Loaded(beside, Another(application, Good, "path", beside));
        Loaded(beside, Another(application, Good, "path", application));
        string wrong = Path.Combine(application, "wrong" + Path.GetExtension(name));
        Check.True(Another(application, Good, "path", wrong).StartsWith("DllNotFoundException", StringComparison.Ordinal), "a wrong path");
    }

    private static void TwoOfOneName()
    {
        string one = Path.Combine(Folder("one"), Path.GetFileName(Good));
        Copy(one);
        Loaded(Good, Another(null, Good, "beside", one, Good));
        Loaded(one, Another(null, Good, "beside", Good, one));
    }

    private static void Replaced()
    {
        if (Host.OnWindows)
        {
            throw new SkipException("Windows calls a module by the path that it was loaded from");
        }
        string folder = Folder("replaced");
        string path = Path.Combine(folder, Path.GetFileName(Good)), old = Path.Combine(folder, "old.so"), next = Path.Combine(folder, "new.so");
        Copy(path);
        // Another build of it: one byte more at its end.
        File.Copy(path, next);
        using (FileStream file = new FileStream(next, FileMode.Append))
        {
            file.WriteByte(0);
        }
        string said = Another(null, Good, "replaced", path, old, next);
        Check.True(said.Contains(path + " was asked for") && (said.Contains("has loaded " + old) || said.Contains("has loaded " + path + " (deleted)")) && said.Contains("recycle"), said);
    }

    /// <summary>What another process of this program says.</summary>
    private static string Another(string application, string variable, params string[] arguments)
    {
        ProcessStartInfo start = Host.Again(
            "load " + string.Join(" ", arguments.Select(a => "\"" + a + "\"")),
            application == null ? null : Path.Combine(application, Path.GetFileName(Host.Program)));
        start.EnvironmentVariables.Remove(Variable);
        if (variable != null)
        {
            start.EnvironmentVariables[Variable] = variable;
        }
        using (Process process = Process.Start(start))
        {
            string output = process.StandardOutput.ReadToEnd(), errors = process.StandardError.ReadToEnd();
            Check.True(process.WaitForExit(30000), "it ends");
            Check.Equal(0, process.ExitCode, output + errors);
            return output.Trim();
        }
    }

    private static void Loaded(string expected, string said)
    {
        Check.Equal("loaded " + expected + " ABI " + WaClient.AbiVersion, said);
    }

    private static string Folder(string name)
    {
        return Directory.CreateDirectory(Path.Combine(Simulator.Folder, "loader", name)).FullName;
    }

    /// <summary>Copies the library; on Windows with what lies beside it.</summary>
    private static void Copy(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path));
        File.Copy(Good, path);
        foreach (string file in Host.OnWindows ? Directory.GetFiles(Path.GetDirectoryName(Good), "bcryptprimitives.dll") : new string[0])
        {
            File.Copy(file, Path.Combine(Path.GetDirectoryName(path), Path.GetFileName(file)));
        }
    }

    private static void Move(string from, string to)
    {
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(from)))
        {
            File.Move(file, Path.Combine(Path.GetDirectoryName(to), Path.GetFileName(file)));
        }
    }

    private static WaException Refused<T>(string path)
    {
        WaClient.NativeLibraryPath = path;
        try
        {
            WaException e = Check.Throws<WaException>(() => new WaClient("{}").Dispose(), path);
            Check.True(e.InnerException is T, "not a " + typeof(T).Name + ": " + e);
            return e;
        }
        finally
        {
            WaClient.NativeLibraryPath = null;
        }
    }

    private static void Names(WaException e, params string[] words)
    {
        string sentence = e.Message + " " + e.Hint;
        foreach (string word in words)
        {
            Check.True(sentence.Contains(word), "<" + word + "> is not in: " + sentence);
        }
        Check.True(e.Message.EndsWith(".", StringComparison.Ordinal) && e.Hint.EndsWith(".", StringComparison.Ordinal), sentence);
        Check.Equal(WaStatus.Internal, e.Code);
    }
}
