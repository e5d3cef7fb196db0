package welkin.placement.candidate;

import java.util.List;
import java.util.Map;

/**
 * One way to meet a request.
 *
 * @param resources provider uuid to resource class to amount
 * @param mappings group suffix to the providers that meet it
 */
record Candidate(Map<String, Map<String, Long>> resources, Map<String, List<String>> mappings) {}
