using System;
using System.IO;
using System.Text;

namespace WaConnector
{
    /// <summary>
    /// What the header of a native library's file says. It is read before the
    /// system opens the file: the system's own words are poor, and a Linux
    /// library that was cut short can end the process.
    /// </summary>
    internal static class LibraryFile
    {
        private const int HeaderBytes = 16 * 1024;

        /// <summary>Why the file is no library for this process, to follow its name; null if it looks like one.</summary>
        /// <param name="path">The file.</param>
        /// <param name="windows">Whether the process runs on Windows.</param>
        /// <param name="bits">The bits of the process.</param>
        /// <param name="hint">What to do about it.</param>
        /// <exception cref="IOException">It cannot be read.</exception>
        /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
        internal static string Fault(string path, bool windows, int bits, out string hint)
        {
            byte[] head = new byte[HeaderBytes];
            int read = 0;
            long length;
            using (FileStream file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            {
                length = file.Length;
                for (int more = 1; more > 0 && read < head.Length; read += more)
                {
                    more = file.Read(head, read, head.Length - read);
                }
            }
            Array.Resize(ref head, read);
            return Fault(head, length, windows, bits, out hint);
        }

        /// <summary>The same of the first bytes of a file, and of its length.</summary>
        internal static string Fault(byte[] head, long length, bool windows, int bits, out string hint)
        {
            hint = "Use the file " + (windows ? "wa_connector.dll" : "libwa_connector.so") + " of this package.";
            bool elf = Starts(head, 0, "\u007fELF"), pe = Starts(head, 0, "MZ");
            if (!elf && !pe)
            {
                return length == 0 ? "is empty" : "is not a library";
            }
            if (elf == windows)
            {
                return "is a library for " + (elf ? "Linux" : "Windows");
            }
            long whole;
            int itsBits;
            try
            {
                whole = elf ? Elf(head, out itsBits) : Pe(head, out itsBits);
            }
            catch (IndexOutOfRangeException)
            {
                // The header itself is cut, or leads out of what was read.
                hint = "It was damaged, or not copied whole: copy it again.";
                return "is damaged";
            }
            if (whole < 0)
            {
                return "is not a library";
            }
            if (itsBits != bits)
            {
                hint = "Use the library for a " + bits + "-bit process"
                    + (windows ? "; in IIS, see \"Enable 32-Bit Applications\" of the application pool." : ".");
                return "is for a " + itsBits + "-bit process, and this one is " + bits + "-bit";
            }
            if (length < whole)
            {
                hint = "It was not copied whole: copy it again.";
                return "is cut short: it has " + length + " bytes of at least " + whole;
            }
            return null;
        }

        /// <summary>Whether two paths lead to the same file, or to two with the same content.</summary>
        internal static bool Same(string one, string other)
        {
            using (FileStream a = new FileStream(one, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            using (FileStream b = new FileStream(other, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            {
                if (a.Length != b.Length)
                {
                    return false;
                }
                byte[] left = new byte[64 * 1024], right = new byte[left.Length];
                int read;
                while ((read = a.Read(left, 0, left.Length)) > 0)
                {
                    for (int have = 0; have < read;)
                    {
                        int more = b.Read(right, have, read - have);
                        if (more == 0)
                        {
                            return false;
                        }
                        have += more;
                    }
                    for (int i = 0; i < read; i++)
                    {
                        if (left[i] != right[i])
                        {
                            return false;
                        }
                    }
                }
                return true;
            }
        }

        /// <summary>
        /// How long an ELF file must be: for what it wants loaded, and for the table
        /// of its sections, which mostly stands at its end. Negative if it is none.
        /// </summary>
        private static long Elf(byte[] head, out int bits)
        {
            bits = head[4] == 2 ? 64 : 32;
            const int LittleEndian = 1, Library = 3, Load = 1;
            if (head[4] < 1 || head[4] > 2 || head[5] != LittleEndian || Number(head, 16, 2) != Library)
            {
                return -1;
            }
            bool wide = bits == 64;
            long table = wide ? Number(head, 32, 8) : Number(head, 28, 4);
            long size = Number(head, wide ? 54 : 42, 2), count = Number(head, wide ? 56 : 44, 2);
            long sections = wide ? Number(head, 40, 8) : Number(head, 32, 4);
            long whole = unchecked(sections + (Number(head, wide ? 58 : 46, 2) * Number(head, wide ? 60 : 48, 2)));
            for (long i = 0; i < count; i++)
            {
                long entry = table + (i * size);
                if (Number(head, entry, 4) == Load)
                {
                    long begin = wide ? Number(head, entry + 8, 8) : Number(head, entry + 4, 4);
                    long bytes = wide ? Number(head, entry + 32, 8) : Number(head, entry + 16, 4);
                    whole = Math.Max(whole, unchecked(begin + bytes));
                }
            }
            return whole;
        }

        /// <summary>The same of a Windows file.</summary>
        private static long Pe(byte[] head, out int bits)
        {
            const int X86 = 0x14c, Arm = 0x1c4, LibraryFlag = 0x2000;
            long header = Number(head, 0x3c, 4);
            bits = 0;
            if (!Starts(head, header, "PE\0\0"))
            {
                return -1;
            }
            long machine = Number(head, header + 4, 2);
            bits = machine == X86 || machine == Arm ? 32 : 64;
            if ((Number(head, header + 22, 2) & LibraryFlag) == 0)
            {
                return -1;
            }
            long sections = header + 24 + Number(head, header + 20, 2), count = Number(head, header + 6, 2), whole = 0;
            for (long i = 0; i < count; i++)
            {
                long section = sections + (i * 40);
                whole = Math.Max(whole, Number(head, section + 16, 4) + Number(head, section + 20, 4));
            }
            return whole;
        }

        private static bool Starts(byte[] head, long at, string with)
        {
            return at >= 0 && at + with.Length <= head.Length && Encoding.ASCII.GetString(head, (int)at, with.Length) == with;
        }

        private static long Number(byte[] head, long at, int bytes)
        {
            if (at < 0 || at + bytes > head.Length)
            {
                throw new IndexOutOfRangeException();
            }
            long number = 0;
            for (int i = bytes - 1; i >= 0; i--)
            {
                number = (number << 8) | head[at + i];
            }
            return number;
        }
    }
}
