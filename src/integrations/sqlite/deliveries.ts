import type Database from 'better-sqlite3'
import type { Delivery, DeliveryStore } from '../../pipeline/ports.ts'

/** Which Slack message shows which part of an incident, as last sent. */
export function createDeliveryStore(db: Database.Database): DeliveryStore {
  const list = db.prepare<[string], Delivery>(
    `SELECT incident_id AS incidentId, key, channel, ts, content_hash AS contentHash, file_id AS fileId, file_hash AS fileHash
     FROM deliveries WHERE incident_id = ?`,
  )
  const save = db.prepare(
    `INSERT OR REPLACE INTO deliveries (incident_id, key, channel, ts, content_hash, file_id, file_hash)
     VALUES (@incidentId, @key, @channel, @ts, @contentHash, @fileId, @fileHash)`,
  )
  const remove = db.prepare('DELETE FROM deliveries WHERE incident_id = ? AND key = ?')
  return {
    deliveries: (incidentId) => list.all(incidentId),
    saveDelivery: (delivery) => void save.run(delivery),
    removeDelivery: (incidentId, key) => void remove.run(incidentId, key),
  }
}
