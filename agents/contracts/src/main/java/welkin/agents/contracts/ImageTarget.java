package welkin.agents.contracts;

import welkin.core.Secret;

/**
 * Where a snapshot goes.
 *
 * @param url {@code .../v2/images/{id}/file}, to be PUT
 */
public record ImageTarget(String imageId, String url, Secret token, String diskFormat) {}
