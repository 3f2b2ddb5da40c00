/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sleep handshake of figcom-vbus/core/channel.cpp, both ways: a sender that sleeps for credit
 * and a receiver that sleeps for messages, over a ring of SLOTS. Their shared accesses are
 * sequentially consistent, so interleaving is the whole truth. A missed wake-up is an invalid end
 * state. MUTANT 1 looks at the ring before arming, 2 forgets which arming was answered and keeps
 * quiet, 3 rings for credit before telling it: each must be found.
 */
#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#define MESSAGES 5

byte published = 0; /* sequence words: messages visible */
byte consumed = 0;  /* the receiver's progress word */
byte data_armed = 0, credit_armed = 0;
bool bell_receiver = false, bell_sender = false; /* doorbells: pending until drained */

byte sender_notified = 0;
byte armings = 0;

active proctype sender() {
    byte sent = 0, rung = 0, seen;
    byte arm = 0;
    do
    :: sent == MESSAGES -> break
    :: sent < MESSAGES ->
        if
        :: sent - consumed < SLOTS ->
            published = sent + 1;
            sent++;
            seen = data_armed;
            if
            :: (seen % 2 == 1) && (MUTANT == 2 -> rung == 0 : seen != rung) ->
                rung = seen; sender_notified++; bell_receiver = true
            :: else
            fi
        :: else ->
            arm++; credit_armed = arm;
            if
            :: sent - consumed < SLOTS -> skip
            :: else -> (bell_sender)
            fi;
            bell_sender = false;
            arm++; credit_armed = arm
        fi
    od
}

active proctype receiver() {
    byte taken = 0, rung = 0, seen;
    byte arm = 0;
    bool nothing;
    do
    :: taken == MESSAGES -> break
    :: taken < MESSAGES ->
        if
        :: published > taken ->
            taken++;
            if
            :: MUTANT != 3 -> consumed = taken; seen = credit_armed
            :: else -> seen = credit_armed
            fi;
            if
            :: (seen % 2 == 1) && seen != rung -> rung = seen; bell_sender = true
            :: else
            fi;
            if
            :: MUTANT == 3 -> consumed = taken
            :: else
            fi
        :: else ->
            nothing = (published == taken);
            arm++; armings++; data_armed = arm;
            if
            :: MUTANT != 1 -> nothing = (published == taken)
            :: else
            fi;
            if
            :: nothing -> (bell_receiver)
            :: else
            fi;
            bell_receiver = false;
            arm++; data_armed = arm
        fi
    od;
    assert(sender_notified <= armings)
}
