import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { isClient } from '../../sql/bookings/clients.ts';
import { findRecord } from '../../sql/records/records.ts';
import { enrol } from '../../sql/records/students.ts';
import { demandPayerNaming } from '../../workers/rights.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { studentFields, students } from './people-declarations.ts';

export const clientStudentRoutes = [
  route({
    method: 'post',
    path: '/api/clients/{id}/student',
    summary: 'A client becomes a student, too; what was booked or bought before stays with the payer it was made with',
    tag: 'clients',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: z.strictObject(studentFields),
    bodyOptional: true,
    responses: { 201: students.kind.row },
    async handle({ params: { id }, body }, { db, fleet, now, caller }) {
      demandPayerNaming(caller, id, body.payer_id);
      if (!(await isClient(db, id))) throw new Problem(404, `there is no client ${id}`);
      const isNew = await enrol(db, {
        clientId: id,
        payerId: body.payer_id ?? null,
        belt: body.current_belt ?? null,
        registrationDate: body.registration_date ?? dayOf(now, fleet.settings.zone),
      });
      if (!isNew)
        throw new Problem(409, `client ${id} is a student already: PATCH /api/students/${id} changes what a student has`);
      return { status: 201, body: await findRecord(db, students.kind, id), headers: { Location: `${students.path}/${id}` } };
    },
  }),
] as const;
