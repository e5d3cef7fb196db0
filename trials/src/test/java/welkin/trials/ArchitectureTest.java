package welkin.trials;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.reflect.Method;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import welkin.store.ListQuery;
import welkin.store.Sql;

/**
 * The arrows of ARCHITECTURE.md: who may know whom, and where the few dangerous calls may stand.
 */
class ArchitectureTest {
  private static final JavaClasses WELKIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("welkin");

  private static final String[] SERVICES = {
    "welkin.identity..",
    "welkin.image..",
    "welkin.placement..",
    "welkin.compute..",
    "welkin.network..",
  };

  private static final String[] PLATFORM = {
    "welkin.core..", "welkin.store..", "welkin.bus..", "welkin.http..", "welkin.workflow..",
  };

  /** Places that really have to let time pass, each with its reason. Add one only with a reason. */
  private static final Set<String> MAY_SLEEP =
      Set.of(
          // does work at a fixed pace: that is all it is for
          "welkin.core.Periodic",
          // renews leases at a fixed pace, in a thread of its own
          "welkin.workflow.WorkflowEngine",
          // gives load balancers the time they need to look away
          "welkin.assembly.Cloud",
          // a peer that restarts tells nobody when it is back
          "welkin.peers.HttpTransport",
          // looks until a process that is not its child has gone
          "welkin.agents.network.Daemons");

  /** Methods of {@link Sql} that take a statement's text, or a table and its columns. */
  private static final Set<String> STATEMENTS =
      Set.of(
          "list",
          "one",
          "ask",
          "number",
          "exists",
          "update",
          "updateAll",
          "batch",
          "send",
          "insert",
          "insertIfAbsent",
          "sendInsert",
          "sendIfAbsent",
          "sendInserts");

  private static final Set<String> NO_STATEMENTS =
      Set.of("now", "afterCommit", "atEnd", "dialect", "answers");

  static Stream<String> services() {
    return Stream.of(SERVICES);
  }

  private static void check(ArchRule rule) {
    // a module that is not there yet breaks no rule
    rule.allowEmptyShould(true).check(WELKIN);
  }

  @Test
  void thePlatformKnowsNoServiceNoAgentAndNoPeer() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(PLATFORM)
            .should()
            .dependOnClassesThat(
                resideInAnyPackage(SERVICES)
                    .or(
                        resideInAnyPackage(
                            "welkin.agents..", "welkin.peers..", "welkin.assembly..")))
            .because("everything stands on the platform"));
  }

  @ParameterizedTest
  @MethodSource("services")
  void aServiceKnowsNoOtherService(String service) {
    var others = Stream.of(SERVICES).filter(s -> !s.equals(service)).toArray(String[]::new);
    check(
        noClasses()
            .that()
            .resideInAPackage(service)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(others)
            .because(
                "services speak through peers, so that each can be replaced or deployed alone"));
  }

  @ParameterizedTest
  @MethodSource("services")
  void aServiceKnowsOfAgentsOnlyTheContracts(String service) {
    check(
        noClasses()
            .that()
            .resideInAPackage(service)
            .should()
            .dependOnClassesThat(
                resideInAnyPackage("welkin.agents..", "welkin.assembly..")
                    .and(DescribedPredicate.not(resideInAPackage("welkin.agents.contracts.."))))
            .because("hosts are reached over the bus"));
  }

  @Test
  void agentsKnowNeitherServicesNorTheStore() {
    check(
        noClasses()
            .that()
            .resideInAPackage("welkin.agents..")
            .should()
            .dependOnClassesThat(
                resideInAnyPackage(SERVICES)
                    .or(
                        resideInAnyPackage(
                            "welkin.store..",
                            "welkin.workflow..",
                            "welkin.peers..",
                            "welkin.assembly..")))
            .because("agents hold no database credentials and no service's logic"));
  }

  @Test
  void contractsAreRecordsAndInterfacesOnTheBusOnly() {
    check(
        noClasses()
            .that()
            .resideInAPackage("welkin.agents.contracts..")
            .should()
            .dependOnClassesThat(
                resideInAPackage("welkin..")
                    .and(
                        DescribedPredicate.not(
                            resideInAnyPackage(
                                "welkin.agents.contracts..", "welkin.bus..", "welkin.core.."))))
            .because("both sides compile against them"));
  }

  @Test
  void peersKnowNoService() {
    check(
        noClasses()
            .that()
            .resideInAPackage("welkin.peers..")
            .should()
            .dependOnClassesThat(
                resideInAnyPackage(SERVICES)
                    .or(resideInAnyPackage("welkin.agents..", "welkin.assembly..")))
            .because("a peer is a client of the public API"));
  }

  @Test
  void onlyTheAssemblySeesAll() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages("welkin.assembly..", "welkin.trials..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("welkin.assembly.."));
  }

  @Test
  void sqlStandsInStores() {
    check(
        noClasses()
            .that(
                describe(
                    "are neither the store, nor its contract, nor a *Store",
                    (JavaClass c) ->
                        !c.getPackageName().startsWith("welkin.store")
                            && !c.getPackageName().startsWith("welkin.testkit")
                            && !outermost(c).getSimpleName().endsWith("Store")))
            .should()
            .dependOnClassesThat(resideInAnyPackage("java.sql..", "javax.sql..", "org.sqlite.."))
            .orShould()
            .callMethodWhere(
                describe(
                    "a statement's text or a table is given",
                    call ->
                        call.getTargetOwner().isEquivalentTo(Sql.class)
                                && STATEMENTS.contains(call.getName())
                            || call.getTargetOwner().isEquivalentTo(ListQuery.class)
                                && call.getName().equals("of")))
            .because(
                "a query is looked for in one place; others may add conditions to a list that a"
                    + " store has begun"));
  }

  @Test
  void theStatementsOfSqlAreAllKnown() {
    assertThat(
            Stream.of(Sql.class.getMethods())
                .filter(m -> m.getDeclaringClass() == Sql.class)
                .map(Method::getName)
                .filter(m -> !NO_STATEMENTS.contains(m)))
        .containsOnlyElementsOf(STATEMENTS);
  }

  @Test
  void nobodySleeps() {
    check(
        noClasses()
            .that(
                describe(
                    "have no reason to sleep",
                    (JavaClass c) -> !MAY_SLEEP.contains(outermost(c).getName())))
            .should()
            .callMethodWhere(
                describe(
                    "Thread.sleep",
                    call ->
                        call.getTarget().getOwner().isEquivalentTo(Thread.class)
                            && call.getName().equals("sleep")))
            .because("what waits waits for a state, with a deadline"));
  }

  @Test
  void timeAndChanceAreGiven() {
    check(
        noClasses()
            .that(
                describe(
                    "are neither core, assembly nor testkit",
                    (JavaClass c) ->
                        !c.getPackageName().startsWith("welkin.core")
                            && !c.getPackageName().startsWith("welkin.assembly")
                            && !c.getPackageName().startsWith("welkin.testkit")))
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(UUID.class, "randomUUID")
            .because("clock and ids enter by constructor, so that a test can turn them"));
  }

  @Test
  void nobodyMocks() {
    check(
        noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.mockito..", "org.easymock..", "org.powermock.."));
  }

  @Test
  void theAssemblyTouchesNoStoreOfAService() {
    check(
        noClasses()
            .that()
            .resideInAPackage("welkin.assembly..")
            .should()
            .dependOnClassesThat(
                resideInAnyPackage(SERVICES)
                    .and(describe("are stores", c -> c.getSimpleName().endsWith("Store")))));
  }

  private static JavaClass outermost(JavaClass c) {
    return c.getEnclosingClass().map(ArchitectureTest::outermost).orElse(c);
  }
}
