package import Kafka

extension AsyncProducer {
    /// Closes it, off the cooperative pool: closing waits for its thread.
    package func closed() async { _ = try? await onThread { self.close() } }

    /// A producer for as long as the body runs.
    package static func with<Result>(
        _ properties: [String: String], _ body: (AsyncProducer) async throws -> Result
    ) async throws -> Result {
        let producer = try AsyncProducer(properties: properties)
        do {
            let result = try await body(producer)
            await producer.closed()
            return result
        } catch {
            await producer.closed()
            throw error
        }
    }
}
