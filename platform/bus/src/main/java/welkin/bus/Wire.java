package welkin.bus;

import java.lang.reflect.Type;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.RequestContext;
import welkin.core.Secret;

/**
 * What goes over the wire: arguments as a JSON array, results and faults as JSON. Here, and nowhere
 * else, a {@link Secret} is written as it is: hosts need the tokens that services give them.
 *
 * <p>Fields and arguments that one side does not know are ignored or null, so that a service and an
 * agent of neighbouring versions understand each other.
 */
final class Wire {
  private static final JsonMapper MAPPER =
      Json.MAPPER
          .rebuild()
          .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS) // more arguments
          .addModule(
              new SimpleModule()
                  .addSerializer(Secret.class, new SecretWriter())
                  .addDeserializer(Secret.class, new SecretReader()))
          .build();

  /** What Jackson calls a type of a contract. */
  private static final Map<Type, JavaType> TYPES = new ConcurrentHashMap<>();

  /** Callers by their text: one speaks many times. More of them start over. */
  private static final Map<String, Caller> CALLERS = new ConcurrentHashMap<>();

  private static final int CALLERS_KEPT = 1_000;

  private static final String REQUEST = "request-id";
  private static final String GLOBAL_REQUEST = "global-request-id";
  private static final String CALLER = "caller";

  private Wire() {}

  static byte[] arguments(Object[] args) {
    return MAPPER.writeValueAsBytes(args == null ? new Object[0] : args);
  }

  static Object[] arguments(Contract.Operation operation, byte[] body) {
    var types = operation.method().getGenericParameterTypes();
    if (types.length == 0) {
      return new Object[0];
    }
    try (var in = MAPPER.createParser(body)) {
      in.nextToken();
      var args = new Object[types.length];
      boolean more = true;
      for (int i = 0; i < types.length; i++) {
        more = more && in.nextToken() != JsonToken.END_ARRAY;
        args[i] = value(in, more, types[i]);
      }
      return args; // what an older side does not know is not read
    } catch (JacksonException e) {
      throw unreadable(operation, e);
    }
  }

  static byte[] result(Object result) {
    return MAPPER.writeValueAsBytes(result);
  }

  static Object result(Contract.Operation operation, byte[] body) {
    var type = operation.method().getGenericReturnType();
    if (type == void.class) {
      return null;
    }
    try (var in = MAPPER.createParser(body)) {
      return value(in, in.nextToken() != null, type);
    } catch (JacksonException e) {
      throw unreadable(operation, e);
    }
  }

  /** The value that begins here, without a tree of it first. */
  private static Object value(JsonParser in, boolean given, Type type) {
    var javaType = TYPES.computeIfAbsent(type, MAPPER::constructType);
    if (!given || in.currentToken() == JsonToken.VALUE_NULL) {
      // what an older sender does not know: a number is 0, everything else null
      return javaType.isPrimitive() ? MAPPER.convertValue(0, javaType) : null;
    }
    return MAPPER.readValue(in, javaType);
  }

  private static Fault unreadable(Contract.Operation operation, JacksonException e) {
    return Fault.internal(
        "The two sides of " + operation.method().toGenericString() + " differ.", e);
  }

  /** A fault's four parts. */
  private record FaultWire(int status, String code, String message, Map<String, Object> details) {}

  static byte[] fault(Fault fault) {
    return MAPPER.writeValueAsBytes(
        new FaultWire(fault.status(), fault.code(), fault.getMessage(), fault.details()));
  }

  static Fault fault(byte[] body) {
    var wire = MAPPER.readValue(body, FaultWire.class);
    var fault = Fault.of(wire.status, wire.code, wire.message);
    for (var fact : wire.details.entrySet()) {
      fault = fault.with(fact.getKey(), fact.getValue());
    }
    return fault;
  }

  /** {@link Caller} without its token, which is for services only. */
  private record CallerWire(
      String userId,
      String userName,
      String userDomainId,
      String projectId,
      String projectName,
      String projectDomainId,
      String domainId,
      boolean system,
      List<String> roles,
      Instant expires) {}

  /** The request context as message headers. */
  static Map<String, Object> headers(RequestContext context) {
    var headers = new HashMap<String, Object>();
    headers.put(REQUEST, context.requestId());
    if (context.globalRequestId() != null) {
      headers.put(GLOBAL_REQUEST, context.globalRequestId());
    }
    var c = context.caller();
    if (!c.isAnonymous()) {
      headers.put(
          CALLER,
          MAPPER.writeValueAsString(
              new CallerWire(
                  c.userId(),
                  c.userName(),
                  c.userDomainId(),
                  c.projectId(),
                  c.projectName(),
                  c.projectDomainId(),
                  c.domainId(),
                  c.system(),
                  c.roles(),
                  c.expires())));
    }
    return headers;
  }

  /**
   * The context a message was sent in.
   *
   * @param trusted whether the sender may say who asks: an agent may not
   */
  static RequestContext context(Map<String, Object> headers, boolean trusted) {
    var caller = Caller.ANONYMOUS;
    var given = text(headers, CALLER);
    if (trusted && given != null) {
      if (CALLERS.size() >= CALLERS_KEPT) {
        CALLERS.clear();
      }
      caller = CALLERS.computeIfAbsent(given, Wire::caller);
    }
    var request = text(headers, REQUEST);
    return new RequestContext(
        request == null ? "-" : request, text(headers, GLOBAL_REQUEST), caller, null);
  }

  private static Caller caller(String text) {
    var c = MAPPER.readValue(text, CallerWire.class);
    return new Caller(
        c.userId,
        c.userName,
        c.userDomainId,
        c.projectId,
        c.projectName,
        c.projectDomainId,
        c.domainId,
        c.system,
        c.roles,
        null,
        c.expires);
  }

  static String text(Map<String, Object> headers, String name) {
    var value = headers == null ? null : headers.get(name);
    return value == null ? null : value.toString();
  }

  private static final class SecretWriter extends ValueSerializer<Secret> {
    @Override
    public void serialize(Secret value, JsonGenerator out, SerializationContext context) {
      out.writeString(value.reveal());
    }
  }

  private static final class SecretReader extends ValueDeserializer<Secret> {
    @Override
    public Secret deserialize(JsonParser in, DeserializationContext context) {
      return Secret.of(in.getString());
    }
  }
}
