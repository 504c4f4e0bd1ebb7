using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;

/// <summary>Stands between a client and a server, and goes away and comes back on the same port.</summary>
internal sealed class Relay : IDisposable
{
    private readonly object gate = new object();
    private readonly List<Socket> open = new List<Socket>();
    private readonly string host;
    private readonly int serverPort;
    private Socket port;
    private bool opened;

    /// <summary>It is closed at first.</summary>
    internal Relay(string host, int serverPort)
    {
        this.host = host;
        this.serverPort = serverPort;
        port = Bound(0);
        Port = ((IPEndPoint)port.LocalEndPoint).Port;
    }

    internal int Port { get; }

    internal void Open()
    {
        Socket socket = port;
        opened = true;
        socket.Listen(50);
        Start(() => Accept(socket));
    }

    /// <summary>The port is closed, and all that was connected is cut.</summary>
    internal void Cut()
    {
        End();
        // Bound, it refuses who connects, and nobody else gets it meanwhile.
        port = Bound(Port);
    }

    public void Dispose()
    {
        End();
    }

    private static Socket Bound(int port)
    {
        Socket socket = NewSocket();
        // Connections that were cut a moment ago must not keep the port.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    private void End()
    {
        lock (gate)
        {
            opened = false;
            End(port);
            open.ForEach(End);
            open.Clear();
        }
    }

    private static Socket NewSocket()
    {
        return new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    }

    private static void Start(ThreadStart work)
    {
        new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception e) when (e is SocketException || e is ObjectDisposedException)
            {
                // It was cut.
            }
        }) { IsBackground = true, Name = "relay" }.Start();
    }

    private static void End(Socket socket)
    {
        try
        {
            // What a thread waits for ends with this; closing alone may leave it waiting.
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException || e is ObjectDisposedException)
        {
            // Not connected, or closed already.
        }
        socket.Close();
    }

    private void Accept(Socket socket)
    {
        while (true)
        {
            Socket client = socket.Accept();
            Socket server = NewSocket();
            server.Connect(host, serverPort);
            lock (gate)
            {
                if (!opened || port != socket)
                {
                    // It was cut meanwhile.
                    End(client);
                    End(server);
                    return;
                }
                open.Add(client);
                open.Add(server);
            }
            Start(() => Pass(client, server));
            Start(() => Pass(server, client));
        }
    }

    private static void Pass(Socket from, Socket to)
    {
        byte[] buffer = new byte[65536];
        try
        {
            for (int count; (count = from.Receive(buffer)) > 0;)
            {
                to.Send(buffer, count, SocketFlags.None);
            }
        }
        finally
        {
            End(from);
            End(to);
        }
    }
}
