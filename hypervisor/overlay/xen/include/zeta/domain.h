/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the platform keeps for each domain, and the three moments of a domain's
 * life at which upstream's code calls us (hypervisor/hooks/).
 */
#ifndef ZETA_DOMAIN_H
#define ZETA_DOMAIN_H

struct domain;

/*
 * Called once, before the domain can be found by its id. A failure makes the
 * creation of the domain fail; zeta_domain_destroy() is called then too.
 */
int zeta_domain_init(struct domain *d);

/* Called once the last reference is gone: nobody can look any more. */
void zeta_domain_destroy(struct domain *d);

/* The domain's kernel starts anew in the same domain: what the old one said is void. */
void zeta_domain_soft_reset(struct domain *d);

#endif /* ZETA_DOMAIN_H */
