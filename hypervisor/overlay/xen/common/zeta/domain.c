/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-domain state of the platform: made with the domain, gone with it.
 */
#include <xen/errno.h>
#include <xen/sched.h>
#include <xen/xmalloc.h>

#include <zeta/domain.h>

#include "private.h"

int zeta_domain_init(struct domain *d)
{
    struct zeta_domain *zd = xzalloc(struct zeta_domain);

    if ( !zd )
        return -ENOMEM;

    zeta_health_init(&zd->health);
    d->zeta = zd;

    return 0;
}

void zeta_domain_destroy(struct domain *d)
{
    /* NULL where the creation failed before zeta_domain_init(). */
    XFREE(d->zeta);
}

void zeta_domain_soft_reset(struct domain *d)
{
    struct zeta_health *health = &d->zeta->health;

    spin_lock(&health->lock);
    health->word = 0;
    health->beats = 0;
    health->beat_ns = 0;
    spin_unlock(&health->lock);
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
