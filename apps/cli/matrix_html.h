/* The matrix as one page.
 */
#ifndef KEYFIT_APPS_CLI_MATRIX_HTML_H
#define KEYFIT_APPS_CLI_MATRIX_HTML_H

#include "matrix.h"

/* kf_matrix_html writes the page under a name, whole or not at all; "-" is
 * standard output. The cells have names and an order. Fails: as
 * kf_matrix_tell, kf_replace. */
KF_MUST enum kf_status kf_matrix_html(struct kf_matrix *m, const char *path,
				      struct kf_fault *why);

#endif
