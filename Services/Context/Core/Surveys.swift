import Domain

extension ContextCore {
    /// Keeps a survey, so that its answer is recognized.
    mutating func keep(_ survey: SurveyAsked, at now: Instant) {
        let surveysMax = limits.surveysPerCustomer
        update(survey.customerID, at: now) { customer in
            customer.surveys.removeAll { $0.expiresAt <= now || $0.surveyID == survey.surveyID }
            if customer.surveys.count >= surveysMax { customer.surveys.removeFirst() }
            customer.surveys.append(survey)
        }
    }

    /// Takes the message as a survey's answer, if it is one; each survey has at most one.
    ///
    /// The moment at which the message was accepted decides, so a hop between partitions costs nobody their answer.
    mutating func takeSurvey(
        answeredBy message: InboundMessage, of customerID: CustomerID, acceptedAt: Instant, at now: Instant
    ) -> [ContextOutput]? {
        guard !message.address.channel.isLive, let score = surveyScore(message.text),
            let customer = known(customerID, at: now),
            let survey = customer.surveys.last(where: {
                $0.address == message.address && acceptedAt < $0.expiresAt
            })
        else { return nil }
        update(customerID, at: now) { $0.surveys.removeAll { $0.surveyID == survey.surveyID } }
        counters.surveyAnswers += 1
        let answer = SurveyAnswer(
            surveyID: survey.surveyID, workItemID: survey.workItemID, conversationID: survey.conversationID,
            customerID: customerID, poolID: survey.poolID, messageID: name(of: message), score: score)
        let filed = filed(
            message, customerID, survey.conversationID, survey.workItemID, .surveyAnswer, acceptedAt: acceptedAt)
        return [.work(.surveyAnswered(answer), survey.poolID), .inbound(.messageFiled(filed), customerID)]
    }
}

/// The score in a survey's answer: one digit from 1 to 5, and nothing around it but spaces and punctuation.
///
/// Anything more is a message that a person should read, even if it begins with a digit.
package func surveyScore(_ text: String) -> Int? {
    let around = Set(" \t\r\n\u{A0}.,;:!?()'\"*".unicodeScalars)
    var score: Int?
    for scalar in text.unicodeScalars where !around.contains(scalar) {
        guard score == nil, ("1"..."5").contains(scalar) else { return nil }
        score = Int(scalar.value) - 48
    }
    return score
}
