internal import CMalloc

/// Gives memory back to the system after a crowd has left.
///
/// The allocator keeps what was freed, and would hold what ten thousand agents once needed until the process ends.
enum Memory {
    private static let interval = Duration.seconds(10)
    /// So many connections fewer are worth the milliseconds in which nobody else gets memory.
    private static let ebb = 500

    static func giveBack(_ connections: OpenConnections) async throws {
        while true {
            try await Task.sleep(for: interval)
            if connections.takeEbb(of: ebb) { _ = malloc_trim(0) }
        }
    }
}
