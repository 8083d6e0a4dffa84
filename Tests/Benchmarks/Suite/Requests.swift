/// The requests of customers' channels and of agents, as bytes.
struct Requests {
    let channelToken: String
    let agentTokens: [String: String]

    /// A message of about 200 characters; the first say which it is, for whoever finds it on an agent's desk.
    func message(account: String, customer: String, mark: String, id: String) -> [UInt8] {
        let text = "#\(mark) " + Self.text
        let body =
            #"{"message_id":"\#(id)","from":{"kind":"handle","value":"\#(customer)"},"language":"en","text":"\#(text)"}"#
        return request("POST", "/v1/channels/\(account)/messages", channelToken, body: body)
    }

    func work(of agent: String, after cursor: String?) -> [UInt8] {
        let query = cursor.map { "&cursor=\($0)" } ?? ""
        return request("GET", "/v1/agents/\(agent)/work?wait=25\(query)", token(agent))
    }

    func available(_ agent: String) -> [UInt8] {
        request("PUT", "/v1/agents/\(agent)/presence", token(agent), body: #"{"presence":"available"}"#, key: "present")
    }

    func accept(_ offer: String, by agent: String) -> [UInt8] {
        request("POST", "/v1/offers/\(offer)/accept", token(agent), key: offer)
    }

    func complete(_ workItem: String, by agent: String) -> [UInt8] {
        request(
            "POST", "/v1/work-items/\(workItem)/complete", token(agent), body: #"{"disposition":"resolved"}"#,
            key: "complete-\(workItem)")
    }

    func get(_ path: String, as agent: String? = nil) -> [UInt8] {
        request("GET", path, agent.map(token) ?? "")
    }

    private func token(_ agent: String) -> String { agentTokens[agent] ?? "" }

    private func request(
        _ method: String, _ path: String, _ token: String, body: String = "", key: String? = nil
    ) -> [UInt8] {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        if !token.isEmpty { head += "Authorization: Bearer \(token)\r\n" }
        if let key { head += "Idempotency-Key: \"\(key)\"\r\n" }
        if !body.isEmpty { head += "Content-Type: application/json\r\n" }
        if method != "GET" { head += "Content-Length: \(body.utf8.count)\r\n" }
        return Array("\(head)\r\n\(body)".utf8)
    }

    private static let text =
        "I ordered a table and four chairs three weeks ago, and only the chairs have come. "
        + "Could you please find out where the table is, and when I can expect it?"
}
