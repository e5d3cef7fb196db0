package welkin.bus;

/** The kinds of message, in AMQP's {@code type} property. */
final class Message {
  /** Do this and answer; headers {@link #METHOD}, the context. */
  static final String CALL = "call";

  /** Do this. */
  static final String CAST = "cast";

  /** Is the call with this correlation id being worked on? {@link #BEAT} or {@link #UNKNOWN}. */
  static final String PROBE = "probe";

  static final String ANSWER = "answer";
  static final String FAULT = "fault";
  static final String BEAT = "beat";
  static final String UNKNOWN = "unknown";

  /** Header: the method's name. */
  static final String METHOD = "method";

  private Message() {}
}
