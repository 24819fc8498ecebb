// What routers that remember who sent a message say of an event about any other one: it was sent by an operator, or longer ago than they remember.
// Parking it would help nobody, since no rule can bring the memory back.

/** Why such an event goes no further. */
export const unknownSender: string = "no application here is known to have sent the message that the event is about";
