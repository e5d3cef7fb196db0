package welkin.identity.federation.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ArrayNode;
import welkin.core.Fault;
import welkin.core.Json;

/** Who somebody is by the rules of a mapping. */
class RulesTest {
  private static Mapping mapping(String version, String rules) {
    var body = Json.object();
    body.set("rules", Json.parse(rules.replace('\'', '"')));
    RuleShapes.check(body, version);
    return new Mapping("m", version, (ArrayNode) body.get("rules"));
  }

  private static Mapped in(String version, String rules, String... attributes) {
    var all = new TreeMap<String, String>();
    for (int i = 0; i < attributes.length; i += 2) {
      all.put(attributes[i], attributes[i + 1]);
    }
    return Rules.apply(mapping(version, rules), Assertion.of(all));
  }

  private static Mapped apply(String rules, String... attributes) {
    return in("1.0", rules, attributes);
  }

  @Test
  void valuesArePutInPlaceInOrder() {
    var m =
        apply(
            """
            [{'local': [{'user': {'name': '{0} {1}', 'email': '{2}', 'id': 'x-{{{0}}}'}},
                        {'group': {'id': 'g1'}}],
              'remote': [{'type': 'First'}, {'type': 'Last'}, {'type': 'Mail'},
                         {'type': 'Kind', 'any_one_of': ['Staff', 'Guest']}]}]
            """,
            "First", "Ann", "Last", "Lee", "Mail", "ann@example.org", "Kind", "Guest");
    assertThat(m.user().name()).isEqualTo("Ann Lee");
    assertThat(m.user().email()).isEqualTo("ann@example.org");
    assertThat(m.user().id()).isEqualTo("x-{Ann}");
    assertThat(m.groupIds()).containsExactly("g1");
    assertThat(m.user().local()).isFalse();
  }

  @Test
  void everyConditionMustHold() {
    var rules =
        """
        [{'local': [{'user': {'name': '{0}'}}],
          'remote': [{'type': 'U'},
                     {'type': 'K', 'any_one_of': ['a', 'b']},
                     {'type': 'N', 'not_any_of': ['x', 'y']}]}]
        """;
    assertThat(apply(rules, "U", "u", "K", "z;b", "N", "n").user().name()).isEqualTo("u");
    for (var bad :
        List.of(
            new String[] {"U", "u", "K", "z", "N", "n"},
            new String[] {"U", "u", "K", "a", "N", "n;y"},
            new String[] {"U", "u", "K", "a"},
            new String[] {"K", "a", "N", "n"})) {
      assertThatThrownBy(() -> apply(rules, bad))
          .isInstanceOf(Fault.class)
          .hasMessageContaining("Could not map any federated user properties");
    }
  }

  @Test
  void expressionsAreSearchedFor() {
    var rules =
        """
        [{'local': [{'user': {'name': '{0}'}}],
          'remote': [{'type': 'U'},
                     {'type': 'Mail', 'any_one_of': ['.*@(?P<d>example)[.]org$'], 'regex': true},
                     {'type': 'Mail', 'not_any_of': ['^root'], 'regex': true}]}]
        """;
    assertThat(apply(rules, "U", "u", "Mail", "ann@example.org").user().name()).isEqualTo("u");
    assertThatThrownBy(() -> apply(rules, "U", "u", "Mail", "ann@example.org.evil"))
        .isInstanceOf(Fault.class);
    assertThatThrownBy(() -> apply(rules, "U", "u", "Mail", "root@example.org"))
        .isInstanceOf(Fault.class);
  }

  /**
   * Whoever an identity provider knows chooses the value; a rule may have been written carelessly.
   */
  @Test
  void anExpressionThatTakesForEverRefusesTheLogin() {
    for (var condition : List.of("any_one_of", "not_any_of", "whitelist", "blacklist")) {
      var rules =
          "[{'local': [{'user': {'name': '{0}'}}], 'remote': [{'type': 'U'}, {'type': 'M', '"
              + condition
              + "': ['([a-z]+)*\\\\1$'], 'regex': true}]}]";
      assertThatThrownBy(() -> apply(rules, "U", "u", "M", "a".repeat(60) + "!"))
          .as(condition)
          .isInstanceOfSatisfying(Fault.class, f -> assertThat(f.status()).isEqualTo(401))
          .hasMessageContaining("too long");
    }
  }

  @Test
  void listsOfGroupsAreNarrowed() {
    var white =
        """
        [{'local': [{'user': {'name': '{0}'}},
                    {'groups': '{1}', 'domain': {'name': 'corp'}}],
          'remote': [{'type': 'U'}, {'type': 'G', 'whitelist': ['dev', 'ops']}]}]
        """;
    assertThat(names(apply(white, "U", "u", "G", "hr;ops;dev"))).containsExactly("ops", "dev");
    assertThat(names(apply(white, "U", "u", "G", "ops"))).containsExactly("ops");
    assertThat(names(apply(white, "U", "u", "G", "hr"))).isEmpty();
    var black = white.replace("whitelist", "blacklist");
    assertThat(names(apply(black, "U", "u", "G", "hr;ops;legal"))).containsExactly("hr", "legal");
    var regex =
        white.replace("'whitelist': ['dev', 'ops']", "'whitelist': ['^cloud-'], 'regex': true");
    assertThat(names(apply(regex, "U", "u", "G", "cloud-a;x-cloud-b"))).containsExactly("cloud-a");
  }

  private static List<String> names(Mapped m) {
    return m.groupNames().stream().map(Mapped.Group::name).toList();
  }

  @Test
  void groupsByIdAndByNameInADomain() {
    var m =
        apply(
            """
            [{'local': [{'user': {'name': '{0}'}, 'group': {'name': 'g', 'domain': {'id': 'd'}}},
                        {'group_ids': '{1}'},
                        {'group_ids': '[\\u0027a\\u0027, \\u0027b\\u0027]'},
                        {'group_ids': 'c'},
                        {'groups': '{2}'}],
              'remote': [{'type': 'U'}, {'type': 'I'}, {'type': 'J'}]}]
            """,
            "U", "u", "I", "1;2", "J", "JSON:{\"name\":\"j\",\"domain\":{\"name\":\"n\"}}");
    assertThat(m.groupIds()).containsExactly("1", "2", "a", "b", "c");
    assertThat(m.groupNames())
        .containsExactly(
            new Mapped.Group("g", new Mapped.Domain("d", null)),
            new Mapped.Group("j", new Mapped.Domain(null, "n")));
  }

  /** A value is never taken for a list or a template: it would pass by a blacklist. */
  @Test
  void aValueIsOnlyAValue() {
    var rules =
        """
        [{'local': [{'user': {'name': '{0}'}},
                    {'groups': '{1}', 'domain': {'name': 'corp'}}],
          'remote': [{'type': 'U'}, {'type': 'G', 'blacklist': ['admins']}]}]
        """;
    var m = apply(rules, "U", "{1}", "G", "['admins']");
    assertThat(m.user().name()).isEqualTo("{1}");
    assertThat(names(m)).containsExactly("['admins']");
  }

  @Test
  void theFirstUserCountsAndRulesAddUp() {
    var m =
        apply(
            """
            [{'local': [{'user': {'name': '{0}', 'type': 'local', 'domain': {'id': 'd'}}}],
              'remote': [{'type': 'U'}]},
             {'local': [{'user': {'name': 'other'}}, {'group': {'id': 'g'}}],
              'remote': [{'type': 'V'}]},
             {'local': [{'group': {'id': 'never'}}], 'remote': [{'type': 'W'}]}]
            """,
            "U", "ann", "V", "v");
    assertThat(m.user())
        .isEqualTo(new Mapped.User(null, "ann", null, true, new Mapped.Domain("d", null)));
    assertThat(m.groupIds()).containsExactly("g");
  }

  @Test
  void projectsAndWhoseTheyAre() {
    var rules =
        """
        [{'local': [{'user': {'name': '{0}'}, 'domain': {'id': 'dd'},
                     'projects': [{'name': 'p-{0}', 'roles': [{'name': 'member'}]},
                                  {'name': 'q', 'roles': [{'name': 'reader'}, {'name': '{1}'}]%s}]}],
          'remote': [{'type': 'U'}, {'type': 'R'}]}]
        """;
    var one = in("1.0", rules.formatted(""), "U", "u", "R", "r");
    assertThat(one.projects())
        .containsExactly(
            new Mapped.Project("p-u", null, List.of("member")),
            new Mapped.Project("q", null, List.of("reader", "r")));
    assertThat(one.user().domain()).isNull();
    var two = in("2.0", rules.formatted(", 'domain': {'name': 'n'}"), "U", "u", "R", "r");
    assertThat(two.projects().getFirst().domain()).isEqualTo(new Mapped.Domain("dd", null));
    assertThat(two.projects().getLast().domain()).isEqualTo(new Mapped.Domain(null, "n"));
    assertThat(two.user().domain()).isEqualTo(new Mapped.Domain("dd", null));
    assertThat(two.exactProjects()).isFalse();
  }

  @Test
  void projectsAProviderNames() {
    var rules =
        """
        [{'local': [{'user': {'name': '{0}'}, 'projects_json': '{1}'}],
          'remote': [{'type': 'U'}, {'type': 'P'}]}]
        """;
    var m =
        in("3.0", rules, "U", "u", "P", "[{\"name\":\"{0}\",\"roles\":[{\"name\":\"member\"}]}]");
    assertThat(m.projects()).containsExactly(new Mapped.Project("{0}", null, List.of("member")));
    assertThat(m.exactProjects()).isTrue();
    assertThatThrownBy(() -> in("3.0", rules, "U", "u", "P", "[{\"name\":7}]"))
        .isInstanceOf(Fault.class);
    assertThatThrownBy(() -> in("3.0", rules, "U", "u", "P", "[")).isInstanceOf(Fault.class);
  }

  @Test
  void aPlaceWithoutAValue() {
    assertThatThrownBy(
            () ->
                apply(
                    "[{'local': [{'user': {'name': '{3}'}}], 'remote': [{'type': 'U'}]}]",
                    "U", "u"))
        .isInstanceOf(Fault.class)
        .hasMessageContaining("refers to a remote match that doesn't exist");
    assertThatThrownBy(
            () ->
                apply(
                    "[{'local': [{'user': {'name': '{0}'}, 'groups': '{0}'}], 'remote': [{'type':"
                        + " 'U'}]}]",
                    "U", "u"))
        .hasMessageContaining("Both 'groups' and 'domain'");
  }

  @Test
  void rulesOfAnotherShapeAreRefusedInUpstreamsWords() {
    var wrong =
        Map.of(
            "{}",
            "'rules' is a required property",
            "{'rules': []}",
            "[] ",
            "{'rules': [{'local': []}]}",
            "'remote' is a required property",
            "{'rules': [{'local': [], 'remote': []}]}",
            "[] ",
            "{'rules': [{'local': [{'x': 1}], 'remote': [{'type': 'U'}]}]}",
            "Additional properties are not allowed ('x' was unexpected)",
            "{'rules': [{'local': [], 'remote': [{'type': 'U', 'whitelist': [], 'any_one_of':"
                + " []}]}]}",
            "is not valid under any of the given schemas",
            "{'rules': [{'local': [{'user': {'type': 'odd'}}], 'remote': [{'type': 'U'}]}]}",
            "'odd' is not one of ['ephemeral', 'local']",
            "{'rules': [{'local': [{'projects': [{'name': 'p', 'roles': [], 'domain': {}}]}],"
                + " 'remote': [{'type': 'U'}]}]}",
            "Additional properties are not allowed ('domain' was unexpected)",
            "{'rules': [{'local': [{'group': {'name': 'g'}}], 'remote': [{'type': 'U'}]}]}",
            "is not valid under any of the given schemas",
            "{'rules': [{'local': [], 'remote': [{'type': 'U', 'any_one_of': ['('], 'regex':"
                + " true}]}]}",
            "is not a regular expression");
    wrong.forEach(
        (body, words) ->
            assertThatThrownBy(() -> RuleShapes.check(Json.parse(body.replace('\'', '"')), "1.0"))
                .as(body)
                .isInstanceOf(Fault.class)
                .hasMessageContaining(words));
    assertThatThrownBy(() -> RuleShapes.check(Json.parse("{\"rules\":[]}"), "9"))
        .hasMessageContaining("'9' is not one of");
  }

  /** Whatever is said, nobody is in a group by name that the rules do not let through. */
  @Test
  void noGroupButThoseLetThrough() {
    var random = new Random(4);
    var words = List.of("a", "b", "admins", "['admins']", "{0}", "JSON:", "x'y", "\"");
    for (int i = 0; i < 2000; i++) {
      var said = new StringBuilder(words.get(random.nextInt(words.size())));
      for (int n = random.nextInt(4); n > 0; n--) {
        said.append(random.nextInt(5) == 0 ? "" : ";")
            .append(words.get(random.nextInt(words.size())));
      }
      var m =
          apply(
              """
              [{'local': [{'user': {'name': '{0}'}},
                          {'groups': '{1}', 'domain': {'name': 'corp'}}],
                'remote': [{'type': 'U'}, {'type': 'G', 'whitelist': ['a', 'b']}]}]
              """,
              "U", said.toString(), "G", said.toString());
      assertThat(List.of("a", "b")).containsAll(names(m));
    }
  }
}
