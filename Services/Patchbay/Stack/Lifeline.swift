import Foundation
import Synchronization

/// Stops the processes that were started here when this program is gone, however that happened: a shell waits at the
/// other end of a pipe, which the kernel closes even after SIGKILL.
final class Lifeline: Sendable {
    static let shared = Lifeline()

    /// Lines say what to hold and what to let go; at their end all that is held is asked to stop, asleep or not, and
    /// made to after the time in which a service stops by itself.
    private static let script = """
        trap '' INT TERM HUP
        while read -r word pid; do
            rest=
            for held in $all; do [ "$held" = "$pid" ] || rest="$rest $held"; done
            all=$rest
            [ "$word" = hold ] && all="$all $pid"
        done
        [ -n "$all" ] || exit 0
        kill -TERM $all
        kill -CONT $all
        sleep 11
        kill -KILL $all
        """

    /// Nil where there is no shell: then children are stopped by an orderly end only.
    private let line: Mutex<FileHandle?>

    private init() {
        let pipe = Pipe()
        // Children must not hold the line open themselves.
        for end in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
            _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", Self.script]
        shell.standardInput = pipe
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        let isStarted = (try? shell.run()) != nil
        line = Mutex(isStarted ? pipe.fileHandleForWriting : nil)
    }

    func hold(_ pid: Int32) { write("hold \(pid)\n") }

    /// The process has ended; its number may become somebody else's.
    func drop(_ pid: Int32) { write("drop \(pid)\n") }

    private func write(_ text: String) {
        line.withLock { try? $0?.write(contentsOf: Data(text.utf8)) }
    }
}
