import Domain
import OrderedCollections

// What the configuration can say and no rule of the router obeys yet is refused rather than silently without effect.
// A rule that comes takes its lines out of here.
extension ConfigurationProof {
    mutating func refuseWhatNoRuleObeys() {
        for queue in configuration.queues.values where queue.shadowPolicyID != nil {
            report(
                ["queues", queue.id.rawValue, "shadow-policy"],
                found: "a setting that the router does not obey yet", expected: "nothing here in this release")
        }
    }
}
