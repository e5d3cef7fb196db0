package welkin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static welkin.http.Version.v;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;

class ShapeTest {
  private static final Version NOW = v(2, 90);
  private static final ObjectShape KEYPAIR =
      Shape.object()
          .required(
              "keypair",
              Shape.object()
                  .required("name", Shape.string().length(1, 255).name())
                  .optional("type", Shape.string().oneOf("ssh", "x509"))
                  .since("type", v(2, 2))
                  .optional("public_key", Shape.string().length(0, 65535))
                  .optional("user_id", Shape.string())
                  .since("user_id", v(2, 10))
                  .noOthers())
          .noOthers();

  private static JsonNode json(String text) {
    return Json.parse(text.replace('`', '"'));
  }

  private static String nova(Shape shape, String body, Version version) {
    var wrong = shape.violation(json(body), version);
    return wrong == null ? "ok" : Shape.Style.NOVA.render(wrong);
  }

  private static String reason(Shape shape, String body) {
    var wrong = shape.violation(json(body), NOW);
    return wrong == null ? "ok" : wrong.reason();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "2.90 | {`keypair`:{`name`:`k`,`type`:`ssh`}} | ok",
        "2.90 | {`keypair`:{`name`:``}} | Invalid input for field/attribute name. Value: . '' is"
            + " too short",
        "2.90 | {`keypair`:{}} | Invalid input for field/attribute keypair. Value: {}. 'name' is a"
            + " required property",
        "2.90 | {} | 'keypair' is a required property",
        "2.90 | null | None is not of type 'object'",
        "2.90 | [] | [] is not of type 'object'",
        "2.90 | {`keypair`:null} | Invalid input for field/attribute keypair. Value: None. None is"
            + " not of type 'object'",
        "2.90 | {`keypair`:{`name`:1}} | Invalid input for field/attribute name. Value: 1. 1 is not"
            + " of type 'string'",
        "2.90 | {`keypair`:{`name`:true}} | Invalid input for field/attribute name. Value: True."
            + " True is not of type 'string'",
        "2.90 | {`keypair`:{`name`:`k`,`type`:`rsa`}} | Invalid input for field/attribute type."
            + " Value: rsa. 'rsa' is not one of ['ssh', 'x509']",
        "2.90 | {`keypair`:{`name`:`k`,`x`:1}} | Invalid input for field/attribute keypair. Value:"
            + " {'name': 'k', 'x': 1}. Additional properties are not allowed ('x' was unexpected)",
        "2.90 | {`keypair`:{`name`:`k`},`b`:1,`a`:2} | Additional properties are not allowed ('a',"
            + " 'b' were unexpected)",
        "2.1 | {`keypair`:{`name`:`k`,`type`:`ssh`}} | Invalid input for field/attribute keypair."
            + " Value: {'name': 'k', 'type': 'ssh'}. Additional properties are not allowed ('type'"
            + " was unexpected)",
        "2.9 | {`keypair`:{`name`:`k`,`type`:`ssh`}} | ok",
        "2.9 | {`keypair`:{`name`:`k`,`user_id`:`u`}} | Invalid input for field/attribute keypair."
            + " Value: {'name': 'k', 'user_id': 'u'}. Additional properties are not allowed"
            + " ('user_id' was unexpected)",
        "2.90 | {`keypair`:{`name`:` k`}} | An invalid 'name' value was provided. The name must be:"
            + " printable characters. Can not start or end with whitespace.",
      })
  void saysWhatComputeSays(String version, String body, String expected) {
    assertThat(nova(KEYPAIR, body, Version.parse(version))).isEqualTo(expected);
  }

  @Test
  void throwsAFaultThatNamesThePath() {
    assertThatThrownBy(() -> KEYPAIR.check(json("{`keypair`:{`name`:``}}"), NOW))
        .isInstanceOfSatisfying(
            Fault.class,
            f -> {
              assertThat(f.status()).isEqualTo(400);
              assertThat(f.details()).containsEntry("path", "keypair/name");
            });
    assertThatThrownBy(
            () -> KEYPAIR.check(json("{`keypair`:{`name`:``}}"), NOW, Shape.Style.KEYSTONE))
        .hasMessage("Invalid input for field 'keypair/name': '' is too short");
    assertThatThrownBy(
            () -> KEYPAIR.said(Shape.Style.PLAIN).check(json("{`keypair`:{`name`:``}}"), NOW))
        .hasMessage("keypair.name: '' is too short");
    assertThatThrownBy(() -> KEYPAIR.check(null, NOW)).hasMessage("None is not of type 'object'");
  }

  @Test
  void numbers() {
    var count = Shape.integer().range(1, 10);
    assertThat(reason(count, "3")).isEqualTo("ok");
    assertThat(reason(count, "0")).isEqualTo("0 is less than the minimum of 1");
    assertThat(reason(count, "11")).isEqualTo("11 is greater than the maximum of 10");
    assertThat(reason(count, "1.5")).isEqualTo("1.5 is not of type 'integer'");
    assertThat(reason(count, "true")).isEqualTo("True is not of type 'integer'");
    assertThat(reason(count, "`3`")).isEqualTo("'3' is not of type 'integer'");
    assertThat(reason(count.nullable(), "`3`")).isEqualTo("'3' is not of type 'integer', 'null'");
    assertThat(reason(count.nullable(), "null")).isEqualTo("ok");
    var lenient = count.lenient();
    assertThat(reason(lenient, "`3`")).isEqualTo("ok");
    assertThat(reason(lenient, "`0`")).isEqualTo("0 is less than the minimum of 1");
    assertThat(reason(lenient, "``")).isEqualTo("'' is too short");
    assertThat(reason(lenient, "`x`")).isEqualTo("'x' does not match '^[0-9]*$'");
    assertThat(reason(lenient, "null")).isEqualTo("None is not of type 'integer', 'string'");
    assertThat(reason(Shape.integer().min(-1).lenient(), "`-1`")).isEqualTo("ok");
    assertThat(reason(Shape.number(), "1.5")).isEqualTo("ok");
    assertThat(reason(Shape.integer().max(5), "123456789012345678901234567890"))
        .isEqualTo("123456789012345678901234567890 is greater than the maximum of 5");
    assertThat(NumberShape.read(json("`3`"), 1)).isEqualTo(3);
    assertThat(NumberShape.read(null, 1)).isEqualTo(1);
  }

  @Test
  void anIntegerHasThirtyTwoBitsUnlessItsBoundsSayOtherwise() {
    var nobodySaid = Shape.integer().min(0).nullable();
    assertThat(reason(nobodySaid, "2147483647")).isEqualTo("ok");
    assertThat(reason(nobodySaid, "7347183502184283540"))
        .isEqualTo("7347183502184283540 is greater than the maximum of 2147483647");
    assertThat(reason(Shape.integer(), "-2147483649"))
        .isEqualTo("-2147483649 is less than the minimum of -2147483648");
    assertThat(reason(Shape.integer().lenient(), "`99999999999`"))
        .isEqualTo("99999999999 is greater than the maximum of 2147483647");
    assertThat(reason(Shape.integer().max(Long.MAX_VALUE), "7347183502184283540")).isEqualTo("ok");
    assertThat(reason(Shape.number(), "7347183502184283540")).isEqualTo("ok");
  }

  @Test
  void booleans() {
    assertThat(reason(Shape.bool(), "`true`")).isEqualTo("'true' is not of type 'boolean'");
    var lenient = Shape.bool().lenient();
    assertThat(reason(lenient, "`on`")).isEqualTo("ok");
    assertThat(reason(lenient, "`maybe`")).startsWith("'maybe' is not one of [True, 'True', ");
    assertThat(reason(lenient, "1")).isEqualTo("1 is not of type 'boolean', 'string'");
    assertThat(BoolShape.read(json("`yes`"), false)).isTrue();
    assertThat(BoolShape.read(json("`off`"), true)).isFalse();
    assertThat(BoolShape.read(null, true)).isTrue();
  }

  @Test
  void arrays() {
    var names = Shape.array(Shape.string()).min(1).max(2).unique();
    assertThat(reason(names, "[]")).isEqualTo("[] is too short");
    assertThat(reason(names, "[`a`,`b`,`c`]")).isEqualTo("['a', 'b', 'c'] is too long");
    assertThat(reason(names, "[`a`,`a`]")).isEqualTo("['a', 'a'] has non-unique elements");
    assertThat(nova(names, "[`a`,2]", NOW))
        .isEqualTo("Invalid input for field/attribute 1. Value: 2. 2 is not of type 'string'");
  }

  @Test
  void objectsOfPairs() {
    var metadata =
        Shape.object()
            .patternOthers("^[a-zA-Z0-9-_:. ]{1,255}$", Shape.string().length(0, 255))
            .maxProps(2);
    assertThat(reason(metadata, "{`a`:`b`}")).isEqualTo("ok");
    assertThat(reason(metadata, "{`a`:1}")).isEqualTo("1 is not of type 'string'");
    assertThat(reason(metadata, "{`#`:`x`}"))
        .isEqualTo("'#' does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{1,255}$'");
    assertThat(reason(metadata, "{`a`:``,`b`:``,`c`:``}"))
        .isEqualTo("{'a': '', 'b': '', 'c': ''} has too many properties");
    assertThat(reason(Shape.object().minProps(1), "{}"))
        .isEqualTo("{} does not have enough properties");
  }

  @Test
  void theSameFieldInSeveralWindows() {
    var networks =
        Shape.object()
            .optional("networks", Shape.array(Shape.any()))
            .until("networks", v(2, 36))
            .required(
                "networks", Shape.anyOf(Shape.array(Shape.any()), Shape.string().oneOf("auto")))
            .since("networks", v(2, 37))
            .noOthersSince(v(2, 75));
    assertThat(nova(networks, "{}", v(2, 36))).isEqualTo("ok");
    assertThat(nova(networks, "{}", v(2, 37))).isEqualTo("'networks' is a required property");
    assertThat(nova(networks, "{`networks`:`auto`}", v(2, 36))).contains("not of type 'array'");
    assertThat(nova(networks, "{`networks`:`auto`,`x`:1}", v(2, 37))).isEqualTo("ok");
    assertThat(nova(networks, "{`networks`:`auto`,`x`:1}", v(2, 75))).contains("'x' was");
    assertThat(nova(networks, "{`networks`:`none`}", v(2, 37)))
        .isEqualTo(
            "Invalid input for field/attribute networks. Value: none. "
                + "'none' is not valid under any of the given schemas");
    assertThatThrownBy(() -> networks.since("network", v(2, 1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void exactlyOneAndNothing() {
    var one = Shape.oneOf(Shape.integer(), Shape.number());
    assertThat(reason(one, "1.5")).isEqualTo("ok");
    assertThat(reason(one, "1")).contains("more than one");
    assertThat(reason(Shape.nothing(), "null")).isEqualTo("ok");
    assertThat(reason(Shape.nothing(), "{}")).isEqualTo("{} is not of type 'null'");
  }

  @Test
  void patternsSpeak() {
    assertThat(reason(Shape.string().pattern("^a+$"), "`b`"))
        .isEqualTo("'b' does not match '^a+$'");
    assertThat(
            nova(
                Shape.object().optional("x", Shape.string().pattern("^a+$", "Only the letter a.")),
                "{`x`:`b`}",
                NOW))
        .isEqualTo("Only the letter a.");
    assertThat(reason(Shape.string().length(2, 3), "`é`")).isEqualTo("'é' is too short");
  }

  @Test
  void secretsStaySecret() {
    var body = Shape.object().optional("adminPass", Shape.string().length(10, 20).secret());
    assertThat(nova(body, "{`adminPass`:`hunter2`}", NOW))
        .isEqualTo("Invalid input for field/attribute adminPass. Value: ***. '***' is too short");
  }

  @ParameterizedTest
  @CsvSource({
    "uuid, 4b0a2f9e-1c6b-4a55-8f6b-0d6e3c9f2a11, true",
    "uuid, 4b0a2f9e1c6b4a558f6b0d6e3c9f2a11, true",
    "uuid, 4b0a2f9e, false",
    "ipv4, 10.0.0.1, true",
    "ipv4, 10.0.0, false",
    "ipv4, 10.0.0.256, false",
    "ipv4, 10.0.0.1.1, false",
    "ipv4, 10.0.0.01, false",
    "ipv6, fd00::1, true",
    "ipv6, ::ffff:10.0.0.1, true",
    "ipv6, fd00:::1, false",
    "ipv6, 10.0.0.1, false",
    "ip, ::, true",
    "ip, localhost, false",
    "cidr, 10.0.0.0/24, true",
    "cidr, 10.0.0.0/33, false",
    "cidr, fd00::/64, true",
    "cidr, 10.0.0.0, false",
    "mac, fa:16:3e:00:00:01, true",
    "mac, fa:16:3e:00:00, false",
    "date-time, 2026-01-02T03:04:05Z, true",
    "date-time, 2026-01-02T03:04:05, true",
    "date-time, 2026-01-02 03:04:05+0100, true",
    "date-time, 2026-13-02T03:04:05Z, false",
    "uri, https://example.org/x?y=1, true",
    "uri, /x, false",
    "base64, aGVsbG8=, true",
    "base64, a*b=, false",
    "hostname, vm-1.example.org, true",
    "hostname, -vm, false",
  })
  void formats(String format, String text, boolean fits) {
    var reason = reason(Shape.string().format(format), "`" + text + "`");
    assertThat(reason).isEqualTo(fits ? "ok" : "'" + text + "' is not a '" + format + "'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{`a`:[1,2.0,null,false]} | {'a': [1, 2.0, None, False]}",
        "`it's` | \"it's\"",
        "`a\\nb\\u0001` | 'a\\nb\\x01'",
        "1e20 | 1e+20",
        "12345678.5 | 12345678.5",
        "`ü` | 'ü'",
      })
  void writesLikePython(String body, String expected) {
    assertThat(PythonText.repr(json(body))).isEqualTo(expected);
  }

  @Test
  void describesItself() {
    var old = KEYPAIR.toJsonSchema(v(2, 1));
    assertThat(old.at("/properties/keypair/properties").has("type")).isFalse();
    var now = KEYPAIR.toJsonSchema(NOW);
    assertThat(now.at("/properties/keypair/properties/type").toString())
        .isEqualTo("{\"type\":\"string\",\"enum\":[\"ssh\",\"x509\"]}");
    assertThat(now.at("/properties/keypair/required").toString()).isEqualTo("[\"name\"]");
    assertThat(Shape.integer().min(1).lenient().nullable().toJsonSchema(NOW).toString())
        .isEqualTo(
            "{\"type\":[\"integer\",\"string\",\"null\"],\"pattern\":\"^[0-9]*$\","
                + "\"minLength\":1,\"minimum\":1}");
    assertThat(Shape.string().nullable().toJsonSchema(NOW).toString())
        .isEqualTo("{\"type\":[\"string\",\"null\"]}");
  }

  @Test
  void versionsCompare() {
    assertThat(v(2, 9)).isLessThan(v(2, 10));
    assertThat(v(3, 0)).isGreaterThan(v(2, 90));
    assertThat(Version.parse("2.90")).isEqualTo(v(2, 90)).hasToString("2.90");
    assertThat(v(2, 10).within(v(2, 2), null)).isTrue();
    assertThat(v(2, 10).within(null, v(2, 9))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "2", "2.", "a.b", "2.1.1", "-1.2", "2.99999999999"})
  void refusesOtherVersions(String text) {
    assertThat(Version.parse(text)).isNull();
  }
}
