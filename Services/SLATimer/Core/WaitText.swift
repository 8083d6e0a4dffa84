package import Domain

extension SLAPolicy.Acknowledgement {
    /// The text for a customer, with the expected waiting time in words where the policy says `{wait}`.
    package func text(expectedWaitSeconds: Int?) -> String {
        guard let expectedWaitSeconds else { return textWithoutWait }
        return text.replacing("{wait}", with: waitInWords(seconds: expectedWaitSeconds))
    }
}
