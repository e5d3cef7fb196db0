package welkin.placement.allocation;

import java.util.Map;

/**
 * All that one consumer shall have, replacing what it has.
 *
 * @param resources provider uuid to resource class to amount; empty gives everything back
 * @param type the consumer's type, null when the version has none
 * @param checked whether {@code generation} must be the consumer's
 * @param generation null for a consumer that must not exist yet
 */
record Claim(
    String consumer,
    Map<String, Map<String, Long>> resources,
    String projectId,
    String userId,
    String type,
    boolean checked,
    Integer generation) {}
